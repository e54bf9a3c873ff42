// Package report draws pictures of runs: a page for a browser, and a trace for the
// Perfetto viewer.
//
//	RUN.json ─results.Read─▶ Run ─▶ Page ─▶ report.html   one file, no network
//	SWEEP.csv ─ReadSweep──▶ Sweep ──┘
//	a run with a Timeline ─────────▶ Trace ─▶ run.pftrace
//
// A page holds its style, its pictures (SVG, written here) and the few lines of
// script that brush a sweep; it reads nothing from elsewhere, follows the light or
// dark scheme of its reader and prints. Each figure that stands on it carries its
// path in the report and the value found there (data-path and data-value), so that
// the page can be held against the JSON it came from. Text of reports is escaped
// wherever it is written: a layer may be named anything.
//
// A trace is a stream of protobuf packets: a track of layers, a track for each
// unit, and counters. Its size is bounded by the timeline, which grows coarser
// instead of longer.
//
// Sources: Williams, Waterman and Patterson, "Roofline", CACM 2009 [roofline-2009];
// the trace packet definitions of the Perfetto project [perfetto].
//
// Not modelled: anything. What is drawn was simulated elsewhere; a run report holds
// no timeline, so the states of units on a page are shares of the run, and their
// order in time is in the trace.
package report
