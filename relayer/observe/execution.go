package observe

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	vaultcosmos "github.com/stafiprotocol/stafid/x/multisig/vault/cosmos"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// wrongSequence is the result code of a transaction whose sequence was already used (sdk/32). Nothing that a bank message does
// gives it.
const wrongSequence = 32

// attempts judges which of a block's transactions executed one of a vault's sessions.
type attempts struct {
	c      *cosmosReader
	vault  *Vault
	height uint64
	txs    []readTx
	// signed[i] says that the vault is a signer of transaction i.
	signed []bool
	// used are sequences that a transaction which succeeded has used.
	used map[uint64]bool
	// failed are, by sequence, the failed transactions that may have used it; the last one counts.
	failed map[uint64]attempt
	// executed are the effects of the transactions that did execute a session, by their index.
	executed map[int]effect
	// foreign is the index of a failed transaction that used a sequence and that no session
	// explains; -1 for none.
	foreign int
}

// attempt is a transaction that does exactly what a session asked, or, without a session, what
// none did.
type attempt struct {
	tx      int
	session *multisigtypes.Session
}

// attempts finds the executions of a vault's sessions in a block. A transaction executed a session
// if and only if the vault signed it, the session asked for exactly its digest, and either its
// result code is 0, or (it failed) its timeout had not passed (a chain looks at that before the
// sequence), its signatures are valid, its sequence was not refused, no successful transaction of
// the block has used its sequence, and the account's sequence moved past it in this very block. A
// failed transaction of which the sequence was not used executed nothing: it failed before it
// could, and its payload is still live. Where several could have used one sequence, asked for or
// not, it is the last: had an earlier one used it, the sequence of the last would have been
// refused.
func (c *cosmosReader) attempts(ctx context.Context, height uint64, vault *Vault, txs []readTx) (*attempts, error) {
	a := &attempts{
		c: c, vault: vault, height: height, txs: txs, signed: make([]bool, len(txs)),
		used: map[uint64]bool{}, failed: map[uint64]attempt{}, executed: map[int]effect{}, foreign: -1,
	}
	for i := range txs {
		if !slices.Contains(txs[i].signers, vault) {
			continue
		}
		a.signed[i] = true
		if err := a.judge(ctx, i); err != nil {
			return nil, err
		}
	}
	if err := a.judgeFailed(ctx); err != nil {
		return nil, err
	}
	return a, a.judgeForeign(ctx)
}

// judge finds the session of transaction i, and what is certain of it by itself.
func (a *attempts) judge(ctx context.Context, i int) error {
	tx := a.txs[i]
	if sequence, known := a.vault.sequenceIn(tx.Transaction); known && tx.Code == 0 {
		a.used[sequence] = true
	}
	named, found, err := a.session(ctx, tx)
	if err != nil {
		return err
	}
	digest, sequence, err := vaultcosmos.DigestOfTx(tx.Bytes, a.c.contract.ChainId, a.vault.AccountNumber)
	if err != nil {
		return nil //nolint:nilerr // bytes that no session can have asked for are foreign, not a failure.
	}
	var session *multisigtypes.Session
	if found && len(named.Digests) == 1 && bytes.Equal(named.Digests[0], digest[:]) {
		session = &named
	}
	inTime := tx.TimeoutHeight == 0 || a.height <= tx.TimeoutHeight
	switch {
	case tx.Code == 0 && session != nil:
		a.executed[i] = a.effect(tx, *session)
	case tx.Code != 0 && tx.Code != wrongSequence && inTime && a.vault.verify(tx.Transaction, digest):
		a.failed[sequence] = attempt{tx: i, session: session}
	}
	return nil
}

// judgeFailed decides by the account's sequence which failed attempts were executed.
func (a *attempts) judgeFailed(ctx context.Context) error {
	for sequence, last := range a.failed {
		if a.used[sequence] || last.session == nil {
			continue
		}
		consumed, err := a.c.consumed(ctx, a.vault.Address, a.height, sequence)
		if err != nil {
			return err
		}
		if consumed {
			a.executed[last.tx] = a.effect(a.txs[last.tx], *last.session)
		}
	}
	return nil
}

// judgeForeign finds out whether a failed transaction that executed no session used a sequence,
// and so took its fee: the account's sequence moved by more than those explain that succeeded or
// executed a session. What such a transaction says of itself proves nothing, for who makes a block
// can put any in, with the vault's key and signatures that are none. It is named by the first that
// may be it.
func (a *attempts) judgeForeign(ctx context.Context) error {
	first, explained := -1, uint64(0)
	for i, tx := range a.txs {
		_, executed := a.executed[i]
		switch {
		case !a.signed[i]:
		case executed || tx.Code == 0:
			explained++
		case first < 0 && tx.Code != wrongSequence:
			first = i
		}
	}
	if first < 0 {
		return nil
	}
	moved, err := a.c.moved(ctx, a.vault.Address, a.height)
	if err == nil && moved > explained {
		a.foreign = first
	}
	return err
}

// session finds the session that a transaction's memo names. A digest covers the memo, so no other session can have asked for it.
func (a *attempts) session(ctx context.Context, tx readTx) (multisigtypes.Session, bool, error) {
	id, named := sessionOf(tx.Memo)
	if !named {
		return multisigtypes.Session{}, false, nil
	}
	session, found, err := a.c.books.Session(ctx, id)
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
func (c *cosmosReader) consumed(ctx context.Context, address string, height, sequence uint64) (bool, error) {
	after, err := c.sequenceAfter(ctx, address, height)
	if err != nil || after <= sequence {
		return false, err
	}
	before, err := c.sequenceAfter(ctx, address, height-1)
	return before <= sequence, err
}

// moved is by how much the account's sequence moved in the block at a height.
func (c *cosmosReader) moved(ctx context.Context, address string, height uint64) (uint64, error) {
	after, err := c.sequenceAfter(ctx, address, height)
	if err != nil || after == 0 {
		return 0, err
	}
	before, err := c.sequenceAfter(ctx, address, height-1)
	return after - min(before, after), err
}

// sequenceAfter is the account's next one after the block at a height; 0 before the chain's first.
func (c *cosmosReader) sequenceAfter(ctx context.Context, address string, height uint64) (uint64, error) {
	if height == 0 {
		return 0, nil
	}
	account, _, err := c.chain.Account(ctx, address, height)
	return account.Sequence, err
}

// effect is an execution: the fee leaves the vault; if it succeeded so do its outputs, and a handover or sweep arrives at another
// vault of the contract.
func (a *attempts) effect(tx readTx, session multisigtypes.Session) effect {
	denom := a.c.contract.Denom
	spent := amountOf(tx.Fee, denom)
	out := effect{vault: a.vault.ID, next: session.Sequence + 1, event: types.Event{Height: a.height, Kind: &types.Event_Execution{Execution: &types.ExecutionEvent{
		Vault: a.vault.ID, Session: session.Id, TxHash: tx.Hash[:], Success: tx.Code == 0, Code: tx.Code,
		OutOfGas: tx.Code != 0 && tx.GasUsed >= tx.GasWanted,
	}}}}
	if tx.Code == 0 {
		for _, output := range tx.Outputs {
			amount := amountOf(output.Coins, denom)
			spent.Add(spent, amount)
			if to := a.c.owner(output.Recipient); to != nil && session.Purpose != multisigtypes.PURPOSE_PAYOUT {
				out.deltas = append(out.deltas, delta{to.ID, amount})
			}
		}
	}
	out.deltas = append(out.deltas, delta{a.vault.ID, spent.Neg(spent)})
	return out
}
