package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
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
	for i, bad := range []struct {
		input    string
		from, to uint64
	}{
		{"observation of a range that is applied already", observed - 1, observed},
		{"observation of a range that overlaps", observed - 1, observed + 1},
		{"observation of a range that skips a block", observed + 1, observed + 2},
	} {
		observe := l.observe
		if i == 0 {
			observe = l.observeByCommand
		}
		err := observe(ctx, member, info.State, bad.from, bad.to)
		wanted := fmt.Sprintf("from is height %d event 0, wanted height %d", bad.from, observed)
		if err := l.expectRefusal(bad.input, err, wanted); err != nil {
			return err
		}
	}
	return nil
}

// emptyRange is an observation in which nothing happened.
func (l *Life) emptyRange(state contracttypes.ContractState, from, to uint64) map[string]any {
	return map[string]any{
		"contract": fmt.Sprint(l.contract), "from": fmt.Sprint(from), "to": fmt.Sprint(to),
		"block_hash": base64.StdEncoding.EncodeToString(state.ObservedHash), "events": []any{}, "balances": []any{},
	}
}

// observe proposes an empty range as a member's submitter.
func (l *Life) observe(ctx context.Context, member *Operator, state contracttypes.ContractState, from, to uint64) error {
	receipt, err := l.stafi.SendMessages(ctx, member.Submitter, "", 0, encode(map[string]any{
		"@type": "/stafi.stakingcontract.v1.MsgObserve", "submitter": member.Submitter.Address, "observation": l.emptyRange(state, from, to),
	}))
	return errors.Join(err, receipt.Failed())
}

// observeByCommand is observe by the command line.
func (l *Life) observeByCommand(ctx context.Context, member *Operator, state contracttypes.ContractState, from, to uint64) error {
	observation, err := json.Marshal(l.emptyRange(state, from, to))
	if err != nil {
		return err
	}
	_, err = l.stafi.Tx(ctx, member.Submitter, "stakingcontract observe", string(observation))
	return err
}
