package dram

// gddr5 is GDDR5 SGRAM with bank groups off.
var gddr5 = &Standard{
	Name:    "GDDR5",
	Source:  "jedec-gddr5",
	Rules:   rules(row, closing, splitOpening, ungrouped, turnaround, precharges, bankwise, refreshUngrouped),
	Windows: []Window{{4, "tFAW"}, {32, "t32AW"}},
	Read:    "CL + tBURST",
	Write:   "CWL + tBURST",
	PerBank: OneBank,
}

var gddr5Parts = []line{
	{"gddr5-6000", gddr5, "banks=16 rows=16384 row=16384 line=128 devices=4 ns=0.667",
		"tBURST=2 CL=24 CWL=7 tRCDRD=24 tRCDWR=20 tRP=24 tRAS=56 tRC=80 tRRD=10 tFAW=40 t32AW=360 tWTR=10 tWR=24 tRTP=5 tPPD=5 tCCD=2 tRTRS=1 " +
			"tRFC=74 tREFI=3800 tRFCpb=30 tREFIpb=237 tRREFD=10 tPBR2PBR=30",
		"VDD=1.5 IDD0=71 IDD2N=60 IDD3N=61 IDD4R=248 IDD4W=231 IDD5=286 IDD5B=45", "dramsim3"},
}
