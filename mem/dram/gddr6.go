package dram

// gddr6 is GDDR6 SGRAM, one channel of 16 bits.
var gddr6 = &Standard{
	Name:    "GDDR6",
	Source:  "jedec-gddr6",
	Rules:   rules(row, closing, splitOpening, grouped, turnaround, precharges, bankwise, refreshGrouped),
	Windows: []Window{{4, "tFAW"}},
	Read:    "CL + tBURST",
	Write:   "CWL + tBURST",
	PerBank: OneBank,
}

var gddr6Parts = []line{
	// tRC is raised by one from the source's 79, so that it is tRAS + tRP.
	{"gddr6-14000", gddr6, "groups=4 banks=4 rows=16384 row=2048 line=32 devices=1 ns=0.57",
		"tBURST=2 CL=24 CWL=6 tRCDRD=27 tRCDWR=16 tRP=27 tRAS=53 tRC=80 tRRD_S=8 tRRD_L=8 tFAW=29 tWTR_S=9 tWTR_L=11 tWR=27 tRTP=4 tPPD=1 tCCD_S=2 tCCD_L=4 tRTRS=2 " +
			"tRFC=211 tREFI=3333 tRFCpb=106 tREFIpb=208 tRREFD=15 tPBR2PBR=106",
		"", "ramulator2"},
}
