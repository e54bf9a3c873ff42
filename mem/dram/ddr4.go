package dram

// ddr4 is DDR4 SDRAM: four groups of four banks.
var ddr4 = &Standard{
	Name:    "DDR4",
	Source:  "jedec-ddr4",
	Rules:   rules(row, closing, opening, grouped, turnaround),
	Windows: []Window{{4, "tFAW"}},
	Read:    "CL + tBURST",
	Write:   "CWL + tBURST",
}

var ddr4Parts = []line{
	{"ddr4-2400", ddr4, "groups=4 banks=4 rows=65536 row=8192 line=64 devices=8 ns=0.83",
		"tBURST=4 CL=17 CWL=12 tRCD=17 tRP=17 tRAS=39 tRC=56 tRRD_S=4 tRRD_L=6 tFAW=26 tWTR_S=3 tWTR_L=9 tWR=18 tRTP=9 tCCD_S=4 tCCD_L=6 tRTRS=2 tRFC=420 tREFI=9360",
		"VDD=1.2 IDD0=48 IDD2N=34 IDD3N=43 IDD4R=135 IDD4W=123 IDD5=250", "dramsim3"},
	{"ddr4-3200", ddr4, "groups=4 banks=4 rows=65536 row=8192 line=64 devices=8 ns=0.63",
		"tBURST=4 CL=22 CWL=16 tRCD=22 tRP=22 tRAS=52 tRC=74 tRRD_S=4 tRRD_L=8 tFAW=34 tWTR_S=4 tWTR_L=12 tWR=24 tRTP=12 tCCD_S=4 tCCD_L=8 tRTRS=2 tRFC=560 tREFI=12480",
		"VDD=1.2 IDD0=57 IDD2N=37 IDD3N=52 IDD4R=168 IDD4W=150 IDD5=250", "dramsim3"},
}
