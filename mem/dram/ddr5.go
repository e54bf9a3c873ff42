package dram

// ddr5 is DDR5 SDRAM, one subchannel of 32 bits: eight groups of four banks,
// writes to one group further apart than reads. Activates, reads and writes take
// tACT cycles and begin with the last of them.
var ddr5 = &Standard{
	Name:   "DDR5",
	Source: "jedec-ddr5",
	Rules: rules(longRow, longActivate, longColumns, opening, precharges, bankwise, refreshGrouped, []Rule{
		{RD, PRE, Bank, "tRTP + tACT - 1"},
		{WR, PRE, Bank, "CWL + tBURST + tWR + tACT - 1"},
		{ACT, ACT, Group, "tRRD_L"},
		{ACT, ACT, Rank, "tRRD_S"},
		{RD, RD, Group, "max(tBURST, tCCD_L)"},
		{RD, RD, Rank, "max(tBURST, tCCD_S)"},
		{WR, WR, Group, "max(tBURST, tCCD_L_WR)"},
		{WR, WR, Rank, "max(tBURST, tCCD_S)"},
		{WR, RD, Group, "CWL + tBURST + tWTR_L"},
		{WR, RD, Rank, "CWL + tBURST + tWTR_S"},
	}, turnaround),
	Windows: []Window{{4, "tFAW"}},
	Read:    "CL + tBURST + tACT - 1",
	Write:   "CWL + tBURST + tACT - 1",
	PerBank: SameBank,
}

// longColumns is the same wires taken by reads and writes, which also follow an
// activate no sooner.
var longColumns = []Rule{
	{ACT, RD, Wires, "tACT"}, {ACT, WR, Wires, "tACT"},
	{RD, ACT, Wires, "tACT"}, {RD, PRE, Wires, "tACT"}, {RD, RD, Wires, "tACT"}, {RD, WR, Wires, "tACT"}, {RD, REF, Wires, "tACT"}, {RD, REFB, Wires, "tACT"},
	{WR, ACT, Wires, "tACT"}, {WR, PRE, Wires, "tACT"}, {WR, RD, Wires, "tACT"}, {WR, WR, Wires, "tACT"}, {WR, REF, Wires, "tACT"}, {WR, REFB, Wires, "tACT"},
}

var ddr5Parts = []line{
	{"ddr5-4800", ddr5, "groups=8 banks=4 rows=65536 row=4096 line=64 devices=4 ns=0.416",
		"tBURST=8 tACT=2 CL=36 CWL=34 tRCD=36 tRP=36 tRAS=77 tRC=113 tRRD_S=8 tRRD_L=12 tFAW=49 tWTR_S=6 tWTR_L=24 tWR=72 tRTP=18 tPPD=2 tCCD_S=8 tCCD_L=12 tCCD_L_WR=48 tRTRS=4 " +
			"tRFC=710 tREFI=9376 tRFCpb=313 tREFIpb=2344 tRREFD=73 tPBR2PBR=313",
		"", "ramulator2"},
}
