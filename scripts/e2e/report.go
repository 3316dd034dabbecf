package e2e

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Report prints the life as it happens, every line with the time since the
// start, and keeps how long the steps took and what they measured.
type Report struct {
	mu    sync.Mutex
	out   io.Writer
	begin time.Time
	steps []stepTime
	facts []string
}

type stepTime struct {
	name string
	took time.Duration
}

// NewReport starts the clock.
func NewReport(out io.Writer) *Report {
	return &Report{out: out, begin: time.Now()}
}

// Pace prints what the networks are slowed down by, and how to run at the same pace again.
func (r *Report) Pace(measure Measure) {
	r.line("pace %s: %s; -pace %s runs at it again", measure.Pace, measure.Why, measure.Pace)
}

// Step runs a step under its name and prints how long it took.
func (r *Report) Step(name string, run func() error) error {
	r.line("== %s", name)
	begin := time.Now()
	err := run()
	took := time.Since(begin)
	r.mu.Lock()
	r.steps = append(r.steps, stepTime{name, took})
	r.mu.Unlock()
	if err != nil {
		r.line("-- %s: FAILED after %s: %v", name, seconds(took), err)
		return fmt.Errorf("%s: %w", name, err)
	}
	r.line("-- %s: done in %s", name, seconds(took))
	return nil
}

// Say prints one thing that happened.
func (r *Report) Say(format string, args ...any) { r.line("   "+format, args...) }

// Answer prints a bad input and what the system said to it.
func (r *Report) Answer(input, answer string) { r.line("   ✗ %s → %s", input, answer) }

// Fact prints a measured figure and keeps it for the summary.
func (r *Report) Fact(format string, args ...any) {
	fact := fmt.Sprintf(format, args...)
	r.mu.Lock()
	r.facts = append(r.facts, fact)
	r.mu.Unlock()
	r.Say("%s", fact)
}

// Summary prints the times of the steps and the measured figures.
func (r *Report) Summary() {
	r.mu.Lock()
	steps, facts := r.steps, r.facts
	r.mu.Unlock()
	r.line("== times")
	for _, step := range steps {
		r.Say("%8s  %s", seconds(step.took), step.name)
	}
	r.Say("%8s  in all", seconds(time.Since(r.begin)))
	r.line("== measured")
	for _, fact := range facts {
		r.Say("%s", fact)
	}
}

func (r *Report) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.out, "%7s %s\n", seconds(time.Since(r.begin)), strings.ReplaceAll(text, "\n", "\n        "))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
