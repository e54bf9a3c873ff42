package dram

// lpddr5 is LPDDR5 SDRAM in bank-group mode, in cycles of CK, a quarter of the
// data clock.
var lpddr5 = &Standard{
	Name:    "LPDDR5",
	Source:  "jedec-lpddr5",
	Rules:   rules(row, closing, opening, grouped, turnaround, precharges, bankwise, refreshGrouped),
	Windows: []Window{{4, "tFAW"}},
	Read:    "CL + tBURST",
	Write:   "CWL + tBURST",
	PerBank: OneBank,
}

var lpddr5Parts = []line{
	{"lpddr5-6400", lpddr5, "groups=4 banks=4 rows=32768 row=2048 line=32 devices=1 ns=1.25",
		"tBURST=2 CL=17 CWL=9 tRCD=15 tRP=15 tRAS=34 tRC=49 tRRD_S=4 tRRD_L=4 tFAW=16 tWTR_S=5 tWTR_L=10 tWR=28 tRTP=8 tPPD=2 tCCD_S=2 tCCD_L=4 tRTRS=2 " +
			"tRFC=168 tREFI=3125 tRFCpb=96 tREFIpb=195 tRREFD=6 tPBR2PBR=72",
		"", "ramulator2"},
}
