package relayer

import (
	"context"
	"fmt"
	"strings"

	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
)

// maxRefusalScan bounds the blocks that are searched, newest first, for the reason of a refusal.
const maxRefusalScan = 50

// foundRefusal is the reason of the newest refusal of a dealing, by the round and the number of refusals in it.
type foundRefusal struct {
	era     uint64
	refused uint32
	reason  string
}

func isDecryption(key string) bool { return strings.HasPrefix(key, "decrypt/") }

// report tells the board how the round is.
func (d *dealer) report(t turn) {
	round := status.Round{
		Era: t.round.Era, Phase: strings.TrimPrefix(t.round.Status.String(), "ROUND_STATUS_"), Ends: t.round.RevealEnd,
		Dealers: len(t.dealers), Own: "no dealer", Reason: t.round.Reason,
	}
	if t.round.Status == ssvtypes.ROUND_STATUS_DEAL {
		round.Ends = t.round.DealEnd
	}
	for _, dealer := range t.dealers {
		switch dealer.Status {
		case ssvtypes.DEALER_STATUS_DEALT:
			round.Dealt++
		case ssvtypes.DEALER_STATUS_OPENED:
			round.Dealt++
			round.Opened++
		case ssvtypes.DEALER_STATUS_REBUILT:
			round.Dealt++
			round.Rebuilt++
		}
	}
	if t.index >= 0 {
		round.Own = strings.TrimPrefix(t.me().Status.String(), "DEALER_STATUS_")
	}
	d.board.Set(func(report *status.Report) { report.Round = &round })
	d.board.Doing(status.Deal, "", round.String(), func(duty *status.Duty) { duty.Height = t.view.Height })
}

// reportFault raises alarms for what went wrong with this dealer's own part of the round, and takes those of earlier rounds back.
func (d *dealer) reportFault(ctx context.Context, t turn) {
	me := t.me()
	refused := me.Refused > 0 && me.Status == ssvtypes.DEALER_STATUS_AWAITED
	if refused {
		d.board.Alarm("dealing-refused", fmt.Sprintf("round of era %d: the chain refused %d dealings of this operator: %s",
			t.round.Era, me.Refused, d.reasonOf(ctx, t)))
	} else {
		d.board.Clear("dealing-refused")
	}
	if me.Status != ssvtypes.DEALER_STATUS_DEALT {
		d.board.Clear("dealing-foreign")
	}
	d.board.AlarmIf(t.round.AtFault(me, t.view.Height), "round-missed", fmt.Sprintf(
		"round of era %d: this operator did not deal, or not open in time (%s): it counts as missed heartbeats", t.round.Era, me.Status))
}

// reasonOf searches the newest blocks for the event that says why a dealing was refused.
func (d *dealer) reasonOf(ctx context.Context, t turn) string {
	me := t.me()
	if d.refusal.era == t.round.Era && d.refusal.refused == me.Refused {
		return d.refusal.reason
	}
	for height := t.view.Height; height > max(t.round.FreezeHeight, t.view.Height-maxRefusalScan); height-- {
		reason, found, err := refusalIn(ctx, d.node, height, t.round.Era, me.Operator)
		if err != nil {
			return fmt.Sprintf("the reason could not be read: %v", err)
		}
		if found {
			return d.remember(t, reason)
		}
	}
	return d.remember(t, fmt.Sprintf("no event of the last %d blocks says why", maxRefusalScan))
}

// remember keeps the reason of the newest refusal, or that none was found: the blocks that were searched do not change.
func (d *dealer) remember(t turn, reason string) string {
	d.refusal = foundRefusal{era: t.round.Era, refused: t.me().Refused, reason: reason}
	return reason
}

func refusalIn(ctx context.Context, node *stafi.Node, height int64, era uint64, operator string) (reason string, found bool, err error) {
	events, err := node.BlockEvents(ctx, height)
	if err != nil {
		return "", false, err
	}
	for _, event := range events {
		dealer, ok := event.(*ssvtypes.EventDealer)
		if ok && dealer.Era == era && dealer.Operator == operator && dealer.Refusal != "" {
			return dealer.Refusal, true, nil
		}
	}
	return "", false, nil
}
