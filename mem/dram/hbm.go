package dram

// hbm is HBM and HBM2 with legacy channels of 128 bits: row and column commands
// have buses of their own, and reads and writes wait differently for a row.
var hbm = &Standard{
	Name:      "HBM",
	Source:    "jedec-hbm",
	Rules:     rules(row, closing, splitOpening, grouped, turnaround, bankwise, refreshGrouped),
	Windows:   []Window{{4, "tFAW"}},
	Read:      "CL + tBURST",
	Write:     "CWL + tBURST",
	DualIssue: true,
	PerBank:   OneBank,
}

// hbmPseudo is HBM2, HBM2E and HBM3 with pseudo-channels, which share command
// buses and nothing else. An activate takes tACT cycles.
var hbmPseudo = &Standard{
	Name:      "HBM pseudo-channels",
	Source:    "jedec-hbm3",
	Rules:     rules(longRow, closing, longActivate, longSplitOpening, grouped, turnaround, precharges, bankwise, refreshGrouped),
	Windows:   []Window{{4, "tFAW"}},
	Read:      "CL + tBURST",
	Write:     "CWL + tBURST",
	DualIssue: true,
	PerBank:   OneBank,
}

var hbmParts = []line{
	{"hbm1-1000", hbm, "groups=4 banks=4 rows=16384 row=2048 line=64 devices=1 ns=2",
		"tBURST=2 CL=7 CWL=2 tRCDRD=7 tRCDWR=7 tRP=7 tRAS=17 tRC=24 tRRD_S=2 tRRD_L=3 tFAW=15 tWTR_S=3 tWTR_L=4 tWR=8 tRTP=3 tCCD_S=1 tCCD_L=1 tRTRS=2 " +
			"tRFC=130 tREFI=1950 tRFCpb=80 tREFIpb=121 tRREFD=4 tPBR2PBR=80",
		"VDD=1.2 IDD0=65 IDD2N=40 IDD3N=55 IDD4R=360 IDD4W=440 IDD5=250", "dramsim3"},
	{"hbm2-2000", hbm, "groups=4 banks=4 rows=32768 row=2048 line=64 devices=1 ns=1",
		"tBURST=2 CL=14 CWL=4 tRCDRD=14 tRCDWR=14 tRP=14 tRAS=34 tRC=48 tRRD_S=4 tRRD_L=6 tFAW=30 tWTR_S=6 tWTR_L=8 tWR=16 tRTP=6 tCCD_S=1 tCCD_L=2 tRTRS=2 " +
			"tRFC=260 tREFI=3900 tRFCpb=160 tREFIpb=243 tRREFD=8 tPBR2PBR=160",
		"VDD=1.2 IDD0=65 IDD2N=40 IDD3N=55 IDD4R=390 IDD4W=500 IDD5=250", "dramsim3"},
	{"hbm2-2000-pc", hbmPseudo, "pseudo=2 groups=4 banks=4 rows=65536 row=1024 line=32 devices=1 ns=1",
		"tBURST=2 tACT=2 CL=14 CWL=5 tRCDRD=14 tRCDWR=12 tRP=14 tRAS=34 tRC=48 tRRD_S=4 tRRD_L=4 tFAW=15 tWTR_S=6 tWTR_L=8 tWR=16 tRTP=5 tPPD=1 tCCD_S=2 tCCD_L=4 tRTRS=2 " +
			"tRFC=350 tREFI=3900 tRFCpb=160 tREFIpb=243 tRREFD=8 tPBR2PBR=160",
		"", "ramulator2"},
	// The times of HBM2 in nanoseconds, at the clock of HBM2E.
	{"hbm2e-3200", hbmPseudo, "pseudo=2 groups=4 banks=4 rows=65536 row=1024 line=32 devices=1 ns=0.625",
		"tBURST=2 tACT=2 CL=23 CWL=8 tRCDRD=23 tRCDWR=20 tRP=23 tRAS=55 tRC=78 tRRD_S=7 tRRD_L=7 tFAW=24 tWTR_S=10 tWTR_L=13 tWR=26 tRTP=8 tPPD=1 tCCD_S=2 tCCD_L=4 tRTRS=2 " +
			"tRFC=560 tREFI=6240 tRFCpb=256 tREFIpb=390 tRREFD=13 tPBR2PBR=256",
		"", "ramulator2"},
	// In half cycles, which are those of the row commands: an activate takes three, a
	// precharge one. tRTRS makes the source's 20 whole cycles from read to write.
	{"hbm3-6400", hbmPseudo, "pseudo=2 groups=4 banks=4 rows=16384 row=1024 line=32 devices=1 ns=0.3125",
		"tBURST=4 tACT=3 CL=40 CWL=20 tRCDRD=62 tRCDWR=30 tRP=52 tRAS=90 tRC=144 tRRD_S=8 tRRD_L=10 tFAW=48 tWTR_S=14 tWTR_L=20 tWR=66 tRTP=18 tPPD=4 tCCD_S=4 tCCD_L=8 tRTRS=16 " +
			"tRFC=832 tREFI=12480 tRFCpb=640 tREFIpb=780 tRREFD=16 tPBR2PBR=640",
		"", "ramulator2"},
}
