package observe

import (
	"bytes"
	"context"
	"strconv"
	"strings"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// attempts judges which of a block's transactions executed one of a vault's sessions.
type attempts struct {
	d     *derivation
	vault *Vault
	txs   []readTx
	// signed[i] says that the vault is a signer of transaction i.
	signed []bool
	// used are sequences that a transaction of this block is known to have used: every one that succeeded, and the failed
	// executions found so far.
	used map[uint64]bool
}

func (d *derivation) attempts(vault *Vault, txs []readTx) *attempts {
	a := &attempts{d: d, vault: vault, txs: txs, signed: make([]bool, len(txs)), used: map[uint64]bool{}}
	for i, tx := range txs {
		for _, signer := range tx.signers {
			a.signed[i] = a.signed[i] || signer == vault
		}
		if !a.signed[i] || tx.Code != 0 {
			continue
		}
		if sequence, known := vault.sequenceIn(tx.Transaction); known {
			a.used[sequence] = true
		}
	}
	return a
}

// execution returns the execution that transaction i proves, nil where it proves none. Conditions, in this order: the vault signed
// it; a session of this vault asked for exactly its digest; its result code is 0, or (it failed) its signatures are valid, no other
// transaction of the block has used its sequence, and the account's sequence moved past it in this very block. A failed
// transaction of which the sequence was not used is none: it failed before it could do anything, and its payload is still live.
func (a *attempts) execution(ctx context.Context, height uint64, i int) (*effect, error) {
	if !a.signed[i] {
		return nil, nil
	}
	tx := a.txs[i]
	session, found, err := a.session(ctx, tx)
	if err != nil || !found {
		return nil, err
	}
	digest, sequence, err := vaultcosmos.DigestOfTx(tx.Bytes, a.d.in.Contract.ChainId, a.vault.AccountNumber)
	if err != nil || len(session.Digests) != 1 || !bytes.Equal(session.Digests[0], digest[:]) {
		return nil, nil //nolint:nilerr // bytes that no session asked for are foreign, not a failure.
	}
	if tx.Code != 0 {
		if a.used[sequence] || !a.vault.verify(tx.Transaction, digest) {
			return nil, nil
		}
		if consumed, err := a.d.consumed(ctx, a.vault.Address, height, sequence); err != nil || !consumed {
			return nil, err
		}
		a.used[sequence] = true
	}
	return a.effect(height, tx, session), nil
}

// session finds the session that a transaction's memo names. A digest covers the memo, so no other session can have asked for it.
func (a *attempts) session(ctx context.Context, tx readTx) (multisigtypes.Session, bool, error) {
	id, named := sessionOf(tx.Memo)
	if !named {
		return multisigtypes.Session{}, false, nil
	}
	session, found, err := a.d.in.Books.Session(ctx, id)
	if err != nil || !found || session.Vault != a.vault.ID {
		return multisigtypes.Session{}, false, err
	}
	return session, true, nil
}

func sessionOf(memo string) (uint64, bool) {
	digits, found := strings.CutPrefix(memo, vaultcosmos.MemoPrefix)
	if !found {
		return 0, false
	}
	id, err := strconv.ParseUint(digits, 10, 64)
	return id, err == nil && vaultcosmos.Memo(id) == memo
}

// consumed says whether the account's sequence passed a value in the block at a height.
func (d *derivation) consumed(ctx context.Context, address string, height, sequence uint64) (bool, error) {
	after, err := d.sequence(ctx, address, height)
	if err != nil || after <= sequence {
		return false, err
	}
	if height <= 1 {
		return true, nil
	}
	before, err := d.sequence(ctx, address, height-1)
	return before <= sequence, err
}

func (d *derivation) sequence(ctx context.Context, address string, height uint64) (uint64, error) {
	account, _, err := d.in.Chain.Account(ctx, address, height)
	return account.Sequence, err
}

// effect is an execution: the fee leaves the vault; if it succeeded so do its outputs, and a handover or sweep arrives at another
// vault of the contract.
func (a *attempts) effect(height uint64, tx readTx, session multisigtypes.Session) *effect {
	denom := a.d.in.Contract.Denom
	spent := amountOf(tx.Fee, denom)
	out := &effect{vault: a.vault.ID, event: types.Event{Height: height, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: a.vault.ID, Session: session.Id, TxHash: tx.Hash[:], Success: tx.Code == 0, Code: tx.Code,
		OutOfGas: tx.Code != 0 && tx.GasUsed >= tx.GasWanted,
	}}}}
	if tx.Code == 0 {
		for _, output := range tx.Outputs {
			amount := amountOf(output.Coins, denom)
			spent.Add(spent, amount)
			if to := a.d.owner(output.Recipient); to != nil && session.Purpose != multisigtypes.PURPOSE_PAYOUT {
				out.deltas = append(out.deltas, delta{to.ID, amount})
			}
		}
	}
	out.deltas = append(out.deltas, delta{a.vault.ID, spent.Neg(spent)})
	return out
}
