package dram

// hbm is HBM, HBM2, HBM2E and HBM3: row and column commands have buses of their
// own, and reads and writes wait differently for a row. A channel is either one
// legacy channel of 128 bits or two pseudo-channels that share command buses.
var hbm = &Standard{
	Name:      "HBM",
	Source:    "jesd235",
	Rules:     rules(row, splitOpening, grouped, turnaround, bankwise),
	Windows:   []Window{{4, "tFAW"}},
	Read:      "CL + tBURST",
	Write:     "CWL + tBURST",
	DualIssue: true,
	PerBank:   OneBank,
}

var hbmParts = []line{
	{"hbm1-1000", hbm, "groups=4 banks=4 rows=16384 row=2048 line=64 devices=1 ns=2",
		"tBURST=2 CL=7 CWL=2 tRCDRD=7 tRCDWR=7 tRP=7 tRAS=17 tRC=24 tRRD_S=2 tRRD_L=3 tFAW=15 tWTR_S=3 tWTR_L=4 tWR=8 tRTP=3 tCCD_S=1 tCCD_L=1 tRTRS=2 tRFC=130 tREFI=1950 tRFCpb=80 tREFIpb=121 tRREFD=4 tPBR2PBR=80",
		"VDD=1.2 IDD0=65 IDD2N=40 IDD3N=55 IDD4R=360 IDD4W=440 IDD5=250", "dramsim3"},
	{"hbm2-2000", hbm, "groups=4 banks=4 rows=32768 row=2048 line=64 devices=1 ns=1",
		"tBURST=2 CL=14 CWL=4 tRCDRD=14 tRCDWR=14 tRP=14 tRAS=34 tRC=48 tRRD_S=4 tRRD_L=6 tFAW=30 tWTR_S=6 tWTR_L=8 tWR=16 tRTP=6 tCCD_S=1 tCCD_L=2 tRTRS=2 tRFC=260 tREFI=3900 tRFCpb=160 tREFIpb=243 tRREFD=8 tPBR2PBR=160",
		"VDD=1.2 IDD0=65 IDD2N=40 IDD3N=55 IDD4R=390 IDD4W=500 IDD5=250", "dramsim3"},
}
