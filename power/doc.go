// Package power follows what a finished run draws over time, how warm the chip
// becomes, and what a limit on either would cost.
//
//	Run ─Follow─▶ Profile: watts of each unit, window by window
//	Profile, Network ─Heat─▶ temperatures, with leakage that follows them
//	Profile, Limits ─Govern─▶ the same work, slower where a limit binds
//
// A run counts events by layer, so within a layer power is even; where layers run all at
// once, as on a pipeline, it is even while a unit works. What is drawn all the time is
// drawn in every window. Leakage is given at a temperature and grows by
// exp(0.036 K⁻¹·ΔT), doubling every 19 K.
//
// Sources: [hotspot] for leakage; [jouppi-2017] for the form P = C·V²·f + leakage.
//
// Not modelled: power within a layer, spikes shorter than a window, regulators, and
// governors that look ahead.
package power
