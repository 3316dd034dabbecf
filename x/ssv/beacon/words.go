package beacon

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Write says in words what a verification found: how each dealer's element came about, the seed, notes and differences.
func (r Report) Write(out io.Writer) error {
	var text strings.Builder
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(&text, format+"\n", values...) }
	line("round of era %d of %s: %s", r.Era, r.ChainID, strings.TrimPrefix(r.Status.String(), "ROUND_STATUS_"))
	if r.Reason != "" {
		line("reason: %s", r.Reason)
	}
	table := tabwriter.NewWriter(&text, 0, 4, 2, ' ', 0)
	for _, dealer := range r.Dealers {
		_, _ = fmt.Fprintf(table, "%s\t%d slots\t%s\t%X\n", dealer.Operator, dealer.Slots, dealer.words(), dealer.Element)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range r.Notes {
		line("note: %s", note)
	}
	for _, difference := range r.Differences {
		line("DIFFERENCE: %s", difference)
	}
	if r.Seed == nil {
		line("the blocks give no seed")
	} else {
		line("seed %X", r.Seed)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (d DealerReport) words() string {
	if d.Dealt == 0 {
		return "did not deal"
	}
	dealt := fmt.Sprintf("dealt in block %d (%X)", d.Dealt, d.DealtBy)
	switch d.Status {
	case types.DEALER_STATUS_HANDED_IN:
		return dealt + ", not verified in time"
	case types.DEALER_STATUS_OPENED:
		return fmt.Sprintf("%s, opened in block %d (%X)", dealt, d.Revealed, d.RevealedBy)
	case types.DEALER_STATUS_REBUILT:
		return fmt.Sprintf("%s, rebuilt in block %d of %d shares", dealt, d.Revealed, d.Shares)
	}
	return fmt.Sprintf("%s, not opened, %d shares decrypted", dealt, d.Shares)
}
