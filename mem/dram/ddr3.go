package dram

// ddr3 is DDR3 SDRAM: eight banks, no groups.
var ddr3 = &Standard{
	Name:    "DDR3",
	Source:  "jedec-ddr3",
	Rules:   rules(row, closing, opening, ungrouped, turnaround),
	Windows: []Window{{4, "tFAW"}},
	Read:    "CL + tBURST",
	Write:   "CWL + tBURST",
}

var ddr3Parts = []line{
	{"ddr3-1600", ddr3, "banks=8 rows=65536 row=8192 line=64 devices=8 ns=1.25",
		"tBURST=4 CL=11 CWL=8 tRCD=11 tRP=11 tRAS=28 tRC=39 tRRD=5 tFAW=24 tWTR=6 tWR=12 tRTP=6 tCCD=4 tRTRS=2 tRFC=208 tREFI=6240",
		"VDD=1.35 IDD0=55 IDD2N=32 IDD3N=38 IDD4R=157 IDD4W=125 IDD5=235", "dramsim3"},
	{"ddr3-2133", ddr3, "banks=8 rows=65536 row=8192 line=64 devices=8 ns=0.9375",
		"tBURST=4 CL=14 CWL=10 tRCD=14 tRP=14 tRAS=36 tRC=50 tRRD=6 tFAW=27 tWTR=8 tWR=16 tRTP=8 tCCD=4 tRTRS=2 tRFC=278 tREFI=8320",
		"VDD=1.35 IDD0=62 IDD2N=35 IDD3N=41 IDD4R=174 IDD4W=141 IDD5=242", "jedec-ddr3"},
}
