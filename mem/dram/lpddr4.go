package dram

// lpddr4 is LPDDR4 SDRAM. The standard has no bank groups; the part below follows
// DRAMsim3's, which gives two, that differ only in the wait from writes to reads.
var lpddr4 = &Standard{
	Name:    "LPDDR4",
	Source:  "jedec-lpddr4",
	Rules:   rules(row, closing, opening, grouped, turnaround, precharges, bankwise, refreshGrouped),
	Windows: []Window{{4, "tFAW"}},
	Read:    "CL + tBURST",
	Write:   "CWL + tBURST",
	PerBank: OneBank,
}

var lpddr4Parts = []line{
	{"lpddr4-2400", lpddr4, "groups=2 banks=4 rows=65536 row=8192 line=128 devices=4 ns=0.83",
		"tBURST=8 CL=17 CWL=14 tRCD=15 tRP=15 tRAS=32 tRC=47 tRRD_S=8 tRRD_L=8 tFAW=32 tWTR_S=8 tWTR_L=16 tWR=30 tRTP=12 tPPD=2 tCCD_S=4 tCCD_L=6 tRTRS=2 " +
			"tRFC=392 tREFI=8660 tRFCpb=196 tREFIpb=1082 tRREFD=8 tPBR2PBR=196",
		"VDD=1.2 IDD0=80 IDD2N=34 IDD3N=47 IDD4R=243 IDD4W=228 IDD5=280", "dramsim3"},
}
