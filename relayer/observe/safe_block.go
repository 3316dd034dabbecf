package observe

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/common"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// block derives a block's effects in the order of its logs. Each log that is one has one effect, whoever holds the Safe, so that a handover, or a
// vault made meanwhile, moves no index.
func (r *ethereumReader) block(ctx context.Context, height uint64) (blockEffects, error) {
	logs, err := r.logs(ctx, height)
	if err != nil {
		return blockEffects{}, err
	}
	b := safeReading{
		ethereumReader: r, strangers: make([]bool, len(r.safes)),
		out: blockEffects{height: height, hash: logs.hash, foreign: map[uint64][32]byte{}, quarantined: slices.Clone(logs.unread)},
	}
	for _, l := range logs.logs {
		if err := b.add(ctx, l); err != nil {
			return blockEffects{}, err
		}
	}
	return b.out, nil
}

// safeReading is a block on its way to effects.
type safeReading struct {
	*ethereumReader
	out blockEffects
	// strangers is true of a Safe after an execution of which nobody here knows what it took.
	strangers []bool
}

func (b *safeReading) add(ctx context.Context, l safeLog) error {
	switch {
	case l.deposit != nil:
		b.deposit(l, l.deposit.Sender, string(l.deposit.Recipient), l.deposit.Amount.ToBig())
	case l.received != nil:
		// What the deposit contract paid in it has logged itself.
		if l.received.Sender != b.safes[l.safe].deposit {
			b.deposit(l, l.received.Sender, "", l.received.Amount.ToBig())
		}
	default:
		return b.execution(ctx, l)
	}
	return nil
}

// deposit names the owner of the Safe; attribution gives it to whoever held it by then.
func (b *safeReading) deposit(l safeLog, sender common.Address, memo string, amount *big.Int) {
	if amount.Sign() <= 0 {
		return
	}
	owner := b.safes[l.safe].owner
	b.out.effects = append(b.out.effects, effect{
		vault: owner,
		event: types.Event{Height: b.out.height, Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
			Vault: owner, TxHash: l.tx.Bytes(), Index: l.index, Sender: sender.Hex(), Memo: cut(memo, types.MaxMemo), Amount: math.NewIntFromBigInt(amount),
		}}},
		deltas: []delta{{owner, amount}},
	})
}

// execution of a SafeTx: of a session of this contract, or of nobody's.
func (b *safeReading) execution(ctx context.Context, l safeLog) error {
	asked, found, err := b.books.SessionOfDigest(ctx, l.execution.SafeTxHash)
	if err != nil {
		return err
	}
	if !found || asked.Session.Contract != b.contract.Id {
		b.foreign(l)
		return nil
	}
	order, err := b.order(asked, b.safes[l.safe])
	if err != nil {
		return err
	}
	effect := order.effect(b.out.height, l)
	if effect.needs != nil && b.strangers[l.safe] {
		effect.event.GetExecution().Code = codePoor
	}
	b.out.effects = append(b.out.effects, effect)
	return nil
}

func (b *safeReading) foreign(l safeLog) {
	b.out.addForeign(b.safes[l.safe].owner, l.tx)
	b.out.quarantined = append(b.out.quarantined, Quarantined{
		Height: b.out.height, Hash: l.tx, Foreign: true, Reason: fmt.Sprintf("no session asked for SafeTx %s", l.execution.SafeTxHash),
	})
	b.strangers[l.safe] = true
}

// order is what a session asked a Safe to do.
type order struct {
	session multisigtypes.Session
	// total of a payout's outputs and the most that is refunded, in wei.
	total, fee *big.Int
	// next is the vault of a handover, 0 for a payout.
	next uint64
}

// order reads what was asked. A vault that is none of the derivation's was made after the view that it is of: then nothing is derived from that one.
// Errors: ErrVaultSet, ErrState.
func (r *ethereumReader) order(asked Asked, s safe) (order, error) {
	payload := asked.Payload.EthereumPayload()
	if payload == nil {
		return order{}, fmt.Errorf("%w: session %d of contract %d has no payload of an Ethereum chain", ErrState, asked.Session.Id, r.contract.Id)
	}
	total := new(big.Int)
	for _, output := range payload.Outputs {
		total.Add(total, output.Amount.BigInt())
	}
	o := order{session: asked.Session, total: total, fee: payload.Fee.Amount.BigInt(), next: payload.Next}
	for _, vault := range []uint64{asked.Session.Vault, payload.Next} {
		if known := r.accounts.vault(vault); vault != 0 && (known == nil || common.HexToAddress(known.Address) != s.address) {
			return order{}, fmt.Errorf("%w: session %d of Safe %s is about vault %d, which is not of it here", ErrVaultSet, asked.Session.Id, s.address, vault)
		}
	}
	return o, nil
}

// effect of an execution: the refund leaves the vault; if it succeeded so do the outputs, or the next vault takes the Safe with all that is left.
func (o order) effect(height uint64, l safeLog) effect {
	vault, refund := o.session.Vault, l.execution.Payment.ToBig()
	fee, spent := math.NewIntFromBigInt(refund), new(big.Int).Set(refund)
	out := effect{vault: vault, next: o.session.Sequence + 1, event: types.Event{Height: height, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: vault, Session: o.session.Id, TxHash: l.tx.Bytes(), Success: l.execution.Succeeded, Fee: &fee,
	}}}}
	switch {
	case !l.execution.Succeeded:
		out.event.GetExecution().Code = codeFailed
		if o.session.Purpose == multisigtypes.PURPOSE_PAYOUT {
			out.needs = new(big.Int).Add(o.total, o.fee)
		}
	case o.next != 0:
		out.passed = &handover{from: vault, to: o.next}
	default:
		spent.Add(spent, o.total)
	}
	out.deltas = []delta{{vault, spent.Neg(spent)}}
	return out
}
