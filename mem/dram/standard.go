package dram

// Rule is one line of a standard's timing table: after a From, a To at the same
// Level waits Delay, an expression over the part's timing symbols.
type Rule struct {
	From, To Kind
	At       Level
	Delay    string
}

// Window is a rule over several commands: of any Acts+1 activates in a rank, the
// last comes at least Span after the first.
type Window struct {
	Acts int
	Span string
}

// Standard is what a JEDEC standard fixes for all its parts.
type Standard struct {
	Name    string
	Rules   []Rule
	Windows []Window
	// Read and Write are the delays from the command to the end of its data.
	Read, Write string
	// DualIssue: row and column commands have command buses of their own.
	DualIssue bool
	// PerBank tells how a part can be refreshed bank by bank.
	PerBank PerBank
	Source  string
}

// PerBank is a standard's kind of refresh below the rank.
type PerBank uint8

// What REFB does: nothing (the standard has no such command), refresh one bank,
// or refresh the bank of one number in all groups.
const (
	NoREFB PerBank = iota
	OneBank
	SameBank
)

// rules joins groups of rules, so that what standards share is written once.
func rules(groups ...[]Rule) (all []Rule) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// row is the life of a row, the same in every standard.
var row = []Rule{
	{ACT, PRE, Bank, "tRAS"},
	{ACT, ACT, Bank, "tRC"},
	{PRE, ACT, Bank, "tRP"},
	{PRE, REF, Rank, "tRP"},
	{ACT, REF, Rank, "tRC"},
	{REF, ACT, Rank, "tRFC"},
	{REF, REF, Rank, "tRFC"},
}

// longRow is the same where an activate takes tACT cycles and begins with the last of them.
var longRow = []Rule{
	{ACT, PRE, Bank, "tRAS + tACT - 1"},
	{ACT, ACT, Bank, "tRC"},
	{PRE, ACT, Bank, "tRP - tACT + 1"},
	{PRE, REF, Rank, "tRP"},
	{ACT, REF, Rank, "tRC + tACT - 1"},
	{REF, ACT, Rank, "tRFC - tACT + 1"},
	{REF, REF, Rank, "tRFC"},
}

// closing is how long a row stays open after its last use.
var closing = []Rule{
	{RD, PRE, Bank, "tRTP"},
	{WR, PRE, Bank, "CWL + tBURST + tWR"},
}

// opening is the time from a row's activation to its use where reads and writes wait alike.
var opening = []Rule{
	{ACT, RD, Bank, "tRCD"},
	{ACT, WR, Bank, "tRCD"},
}

// splitOpening is the same where they do not: GDDR and HBM.
var splitOpening = []Rule{
	{ACT, RD, Bank, "tRCDRD"},
	{ACT, WR, Bank, "tRCDWR"},
}

// longSplitOpening is the same after an activate of tACT cycles.
var longSplitOpening = []Rule{
	{ACT, RD, Bank, "tRCDRD + tACT - 1"},
	{ACT, WR, Bank, "tRCDWR + tACT - 1"},
}

// grouped is the spacing of commands in a standard with bank groups.
var grouped = []Rule{
	{ACT, ACT, Group, "tRRD_L"},
	{ACT, ACT, Rank, "tRRD_S"},
	{RD, RD, Group, "max(tBURST, tCCD_L)"},
	{RD, RD, Rank, "max(tBURST, tCCD_S)"},
	{WR, WR, Group, "max(tBURST, tCCD_L)"},
	{WR, WR, Rank, "max(tBURST, tCCD_S)"},
	{WR, RD, Group, "CWL + tBURST + tWTR_L"},
	{WR, RD, Rank, "CWL + tBURST + tWTR_S"},
}

// ungrouped is the spacing in a standard without bank groups.
var ungrouped = []Rule{
	{ACT, ACT, Rank, "tRRD"},
	{RD, RD, Rank, "max(tBURST, tCCD)"},
	{WR, WR, Rank, "max(tBURST, tCCD)"},
	{WR, RD, Rank, "CWL + tBURST + tWTR"},
}

// turnaround is what the shared data bus asks between reads and writes, and
// between ranks: tRTRS empty cycles.
var turnaround = []Rule{
	{RD, WR, Rank, "CL + tBURST + tRTRS - CWL"},
	{RD, RD, Peers, "tBURST + tRTRS"},
	{RD, WR, Peers, "CL + tBURST + tRTRS - CWL"},
	{WR, RD, Peers, "CWL + tBURST + tRTRS - CL"},
	{WR, WR, Peers, "tBURST + tRTRS"},
}

// longActivate is the row commands' wires, taken for tACT cycles by an activate.
var longActivate = []Rule{
	{ACT, ACT, Wires, "tACT"},
	{ACT, PRE, Wires, "tACT"},
	{ACT, REF, Wires, "tACT"},
	{ACT, REFB, Wires, "tACT"},
}

// bankwise is refresh bank by bank; refreshGrouped and refreshUngrouped are its distance from activates of other banks.
var bankwise = []Rule{
	{PRE, REFB, Bank, "tRP"},
	{ACT, REFB, Bank, "tRC"},
	{REFB, ACT, Bank, "tRFCpb"},
	{REFB, ACT, Rank, "tRREFD"},
	{REFB, REFB, Bank, "tRFCpb"},
	{REFB, REFB, Rank, "tPBR2PBR"},
	{REFB, REF, Rank, "tRFCpb"},
	{REF, REFB, Rank, "tRFC"},
}

var refreshGrouped = []Rule{{ACT, REFB, Rank, "tRRD_L"}}

var refreshUngrouped = []Rule{{ACT, REFB, Rank, "tRRD"}}

// precharges is the spacing of precharges where they need one.
var precharges = []Rule{{PRE, PRE, Rank, "tPPD"}}
