package status

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Write writes a report in words.
func (r Report) Write(out io.Writer) error {
	operator := r.Operator
	if operator == "" {
		operator = "nobody: the submitter is not registered"
	}
	w := &writer{out: out}
	w.printf("relayer %s, up %s\n", r.Version, r.Now.Sub(r.Started).Round(time.Second))
	w.printf("%s at height %d, block %s; submitter %s", r.ChainID, r.Height, ago(r.Now, r.Time), r.Submitter)
	if r.Balance != "" {
		w.printf(" holds %s", r.Balance)
	}
	w.printf("\nserves %s\n", operator)
	w.printf("transactions under way: %d; quarantined transactions of original chains: %d\n", r.Pending, r.Quarantined)
	r.writeChains(w)
	r.writeDuties(w)
	r.writeCalls(w)
	r.writeAlarms(w)
	return w.err
}

func (r Report) writeChains(w *writer) {
	for _, chain := range r.Chains {
		w.printf("\n%s: %s, verified to %d, block %s", chain.ChainID, chain.State, chain.Head, ago(r.Now, chain.Time))
		if !chain.Expires.IsZero() {
			w.printf(", trusted until %s", chain.Expires.Format(time.RFC3339))
		}
		w.printf("\n")
		for _, source := range chain.Sources {
			w.printf("  source %s: score %.2f, height %d, %d answers, %d failures, %d lies\n",
				source.Name, source.Score, source.Height, source.Successes, source.Failures, source.Lies)
			if source.LastLie != "" {
				w.printf("    last lie: %s\n", source.LastLie)
			}
			if source.LastError != "" {
				w.printf("    last error: %s\n", source.LastError)
			}
		}
	}
}

func (r Report) writeDuties(w *writer) {
	w.printf("\n")
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	cells := &writer{out: table}
	for _, duty := range r.Duties {
		cells.printf("%s %s\t%s\tlag %d\tdone %d\tfailed %d\n", duty.Name, duty.Scope, duty.Doing, duty.Lag, duty.Done, duty.Failed)
	}
	if err := table.Flush(); w.err == nil {
		w.err = err
	}
	for _, duty := range r.Duties {
		if duty.LastError != "" {
			w.printf("  %s %s: last error %s: %s\n", duty.Name, duty.Scope, ago(r.Now, duty.LastErrorAt), duty.LastError)
		}
	}
}

func (r Report) writeAlarms(w *writer) {
	if len(r.Alarms) == 0 {
		w.printf("\nno alarms\n")
		return
	}
	w.printf("\n")
	for _, alarm := range r.Alarms {
		w.printf("ALARM %s (since %s): %s\n", alarm.Key, alarm.Since.Format(time.RFC3339), alarm.Text)
	}
}

func ago(now, then time.Time) string {
	if then.IsZero() {
		return "never"
	}
	return now.Sub(then).Round(time.Second).String() + " ago"
}

// writer keeps the first error, so that lines can be written without looking.
type writer struct {
	out io.Writer
	err error
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.out.Write(p)
	w.err = err
	return n, err
}

func (w *writer) printf(format string, values ...any) {
	_, _ = fmt.Fprintf(w, format, values...)
}
