package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// badObservations lets a member propose ranges that do not begin where the last accepted one ended: that one again, one that
// overlaps it, and one that skips a block.
func (l *Life) badObservations(ctx context.Context, member *Operator) error {
	info, err := l.stafi.Contract(ctx, l.contract)
	if err != nil {
		return err
	}
	observed := info.State.ObservedHeight
	for _, bad := range []struct {
		input    string
		from, to uint64
	}{
		{"observation of a range that is applied already", observed - 1, observed},
		{"observation of a range that overlaps", observed - 1, observed + 1},
		{"observation of a range that skips a block", observed + 1, observed + 2},
	} {
		err := l.observe(ctx, member, info.State, bad.from, bad.to)
		wanted := fmt.Sprintf("from is height %d event 0, wanted height %d", bad.from, observed)
		if err := l.expectRefusal(bad.input, err, wanted); err != nil {
			return err
		}
	}
	return nil
}

// observe proposes an empty range as a member's submitter, by the command line.
func (l *Life) observe(ctx context.Context, member *Operator, state contracttypes.ContractState, from, to uint64) error {
	observation, err := json.Marshal(map[string]any{
		"contract": fmt.Sprint(l.contract), "from": fmt.Sprint(from), "to": fmt.Sprint(to),
		"block_hash": base64.StdEncoding.EncodeToString(state.ObservedHash), "events": []any{}, "balances": []any{},
	})
	if err != nil {
		return err
	}
	_, err = l.stafi.Tx(ctx, member.Submitter, "stakingcontract observe", string(observation))
	return err
}
