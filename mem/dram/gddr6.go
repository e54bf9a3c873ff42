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

// gddr6Times14000 are the times at 14 Gb/s and 1.35 V, in whole nanoseconds: the source's
// cycles of 0.57 ns are these rounded up, those of its version 2.0 the same rounded to the
// nearest (tRRD 8 and 7 cycles, tRP 27 and 26). tRC becomes a cycle more than the
// source's 79, so that it is tRAS + tRP.
const gddr6Times14000 = "tBURST=2 CL=24 CWL=6 tRCDRD=15ns tRCDWR=9ns tRP=15ns tRAS=30ns tRC=45ns tRRD_S=4ns tRRD_L=4ns tFAW=16ns " +
	"tWTR_S=5ns tWTR_L=6ns tWR=15ns tRTP=4 tPPD=1 tCCD_S=2 tCCD_L=4 tRTRS=2 " +
	"tRFC=120ns tREFI=3333 tRFCpb=60ns tREFIpb=208 tRREFD=8ns tPBR2PBR=60ns"

var gddr6Parts = []line{
	{"gddr6-14000", gddr6, "groups=4 banks=4 rows=16384 row=2048 line=32 devices=1 ns=0.57", gddr6Times14000, "", "ramulator2"},
	// Pages of 16 Gb are twice as long: 4 KiB, or 2 in each of two devices of 8 bits that share a channel.
	{"gddr6-14000-16gb", gddr6, "groups=4 banks=4 rows=16384 row=4096 line=32 devices=1 ns=0.57", gddr6Times14000, "", "ramulator2"},
}
