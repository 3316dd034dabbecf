package e2e

import (
	"fmt"

	"cosmossdk.io/math"
)

// Sheet prints figures side by side, each as computed and as the chains say it, and remembers whether all agree.
type Sheet struct {
	report *Report
	width  int
	wrong  []string
	lines  int
}

// NewSheet prints the head of a sheet; width is that of its longest figure in digits.
func NewSheet(report *Report, width int) *Sheet {
	s := &Sheet{report: report, width: width}
	report.Say("")
	s.print("", "computed", "original chain", "StaFi", "")
	return s
}

// Line compares what was computed with what the chains say; a chain that does not know the figure gives nil.
func (s *Sheet) Line(name string, computed math.Int, original, stafi *math.Int) {
	s.lines++
	mark := ""
	for _, said := range []*math.Int{original, stafi} {
		if said != nil && !said.Equal(computed) {
			mark = "  ✗"
		}
	}
	if mark != "" {
		s.wrong = append(s.wrong, name)
	}
	s.print(name, computed.String(), shown(original), shown(stafi), mark)
}

func (s *Sheet) print(name, computed, original, stafi, mark string) {
	s.report.Say("%-58s %*s %*s %*s%s", name, s.width, computed, s.width, original, s.width, stafi, mark)
}

func shown(amount *math.Int) string {
	if amount == nil {
		return ""
	}
	return amount.String()
}

// Verdict is an error that names the lines that do not agree, or nil.
func (s *Sheet) Verdict() error {
	if len(s.wrong) > 0 {
		return fmt.Errorf("%w: figures that do not add up: %v", errUnexpected, s.wrong)
	}
	s.report.Say("all %d lines agree", s.lines)
	return nil
}
