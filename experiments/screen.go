package experiments

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// WriteReports prints, for each table, every row with its error, and the figures
// of the table as a whole.
func WriteReports(w io.Writer, reports []FileReport) error {
	for i, r := range reports {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := r.write(w); err != nil {
			return err
		}
	}
	return nil
}

func (r FileReport) write(w io.Writer) error {
	fmt.Fprintln(w, r.Name)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "  line\tdevice\tworkload\tmetric\texpected\tsimulated\terror\ttolerance\t\n")
	for _, o := range r.Outcomes {
		fmt.Fprintf(t, "  %d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", o.Line, deviceOf(o), clip(o.Workload, 48), o.Metric,
			with(clip(o.Expected, 20), o.Unit), clip(o.shown(), 20), percent(o.Error), o.Tolerance, o.verdict())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	rank := "none"
	if r.Spearman != nil {
		rank = fmt.Sprintf("%.4f", *r.Spearman)
	}
	_, err := fmt.Fprintf(w, "%d rows: mean absolute error %s, median %s, bias %s, rank correlation %s; %d out of tolerance\n",
		r.Rows, unsigned(r.MAPE), unsigned(r.MedianAPE), percent(r.Bias), rank, r.Failed)
	if err == nil && r.Roofline != nil {
		_, err = fmt.Fprintf(w, "baselines: roofline %s, roofline with three constants fitted to these rows %s\n", unsigned(*r.Roofline), unsigned(*r.Derated))
	}
	if err == nil && r.Banded > 0 {
		_, err = fmt.Fprintf(w, "%d of %d rows (%s) within the range their source gives\n", r.InBand, r.Banded, unsigned(float64(r.InBand)/float64(r.Banded)))
	}
	return err
}

// shown is the simulated value, to six digits where it is no whole number.
func (o Outcome) shown() string {
	switch {
	case o.Got == "":
		return "-"
	case o.numeric && o.got != math.Trunc(o.got):
		return fmt.Sprintf("%.6g", o.got)
	}
	return o.Got
}

// verdict is empty for a row that is as it should be.
func (o Outcome) verdict() string {
	switch {
	case o.Fault != "":
		return "FAILED: " + o.Fault
	case !o.OK:
		return "OUT"
	}
	return ""
}

func deviceOf(o Outcome) string {
	if o.Set == "" {
		return o.Device
	}
	return clip(o.Device+" "+o.Set, 60)
}

func with(value, unit string) string { return strings.TrimSpace(value + " " + unit) }

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func percent(f float64) string  { return fmt.Sprintf("%+.2f %%", 100*f) }
func unsigned(f float64) string { return fmt.Sprintf("%.2f %%", 100*math.Abs(f)) }
