package observe

import (
	"context"
	"fmt"
	"math/big"

	"cosmossdk.io/math"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// effect is one event of a block and what it does to the ledgers.
type effect struct {
	vault  uint64
	event  types.Event
	deltas []delta
	// passed is set where the account was handed over; it comes after the deltas.
	passed *handover
	// next is set for an execution: the account's next sequence after it.
	next uint64
	// needs is set for a failed payout of a Safe: what it was to have for it.
	needs *big.Int
}

// delta is a change of a vault's ledger, in base units.
type delta struct {
	vault  uint64
	amount *big.Int
}

// blockEffects is what one block did to the vaults, as far as its transactions show.
type blockEffects struct {
	height uint64
	hash   [32]byte
	// effects in the order of the observation's events.
	effects []effect
	// foreign is the first transaction of each account, by its owner, that no session explains: it
	// succeeded, or failed and used a sequence all the same.
	foreign     map[uint64][32]byte
	quarantined []Quarantined
}

// Quarantined is a transaction that could not be read. It stops nothing and hides nothing: what it did to a vault is in the
// observation as a difference of the balance.
type Quarantined struct {
	Height uint64
	Hash   [32]byte
	// Code of its proven result; 0 says that the original chain itself could read it.
	Code   uint32
	Reason string
	// Foreign is true where it could be read: it executed something of a vault that no session asked for, as far as this chain's node knows.
	Foreign bool
}

// readTx is a transaction with the vaults that signed it.
type readTx struct {
	lightclient.Tx
	Transaction
	signers []*Vault
}

// block derives one block's effects: deposits and executions by vault, then transaction, then output.
func (c *cosmosReader) block(ctx context.Context, height uint64) (blockEffects, error) {
	block, err := c.chain.Block(ctx, height)
	if err != nil {
		return blockEffects{}, err
	}
	if block.Height < 0 || uint64(block.Height) != height || block.ChainID != c.contract.ChainId {
		return blockEffects{}, fmt.Errorf("%w: block %d of %q, want %d of %q", ErrInput, block.Height, block.ChainID, height, c.contract.ChainId)
	}
	out := blockEffects{height: height, hash: block.Hash, foreign: map[uint64][32]byte{}}
	txs := c.read(block, &out)
	for _, vault := range c.accounts.owners {
		if err := c.vaultEffects(ctx, height, vault, txs, &out); err != nil {
			return blockEffects{}, err
		}
	}
	return out, nil
}

// neverRan says whether a transaction failed without wanting or using gas: it did not get past the chain's own decoder or basic
// checks (an injected vote extension, say), so it has no effect and is no news.
func neverRan(tx lightclient.Tx) bool { return tx.Code != 0 && tx.GasWanted == 0 && tx.GasUsed == 0 }

// read decodes the transactions that ran.
func (c *cosmosReader) read(block *lightclient.Block, out *blockEffects) []readTx {
	txs := make([]readTx, 0, len(block.Txs))
	for _, tx := range block.Txs {
		if neverRan(tx) {
			continue
		}
		decoded, err := Decode(tx.Bytes)
		if err != nil {
			out.quarantined = append(out.quarantined, Quarantined{Height: uint64(block.Height), Hash: tx.Hash, Code: tx.Code, Reason: cut(err.Error(), types.MaxMemo)})
			continue
		}
		txs = append(txs, readTx{Tx: tx, Transaction: decoded, signers: c.signersOf(decoded)})
	}
	return txs
}

func (c *cosmosReader) signersOf(t Transaction) []*Vault {
	var signers []*Vault
	for _, vault := range c.accounts.owners {
		if vault.signedBy(c.prefix, t) {
			signers = append(signers, vault)
		}
	}
	return signers
}

func (c *cosmosReader) vaultEffects(ctx context.Context, height uint64, vault *Vault, txs []readTx, out *blockEffects) error {
	attempts, err := c.attempts(ctx, height, vault, txs)
	if err != nil {
		return err
	}
	for i := range txs {
		executed, found := attempts.executed[i]
		switch {
		case found:
			out.effects = append(out.effects, executed)
		case attempts.signed[i] && (txs[i].Code == 0 || i == attempts.foreign):
			out.addForeign(vault.ID, txs[i].Hash)
		case txs[i].Code == 0 && len(txs[i].signers) == 0:
			out.effects = append(out.effects, c.deposits(height, vault, txs[i])...)
		}
	}
	return nil
}

func (b *blockEffects) addForeign(vault uint64, hash [32]byte) {
	if _, found := b.foreign[vault]; !found {
		b.foreign[vault] = hash
	}
}

// deposits are a transaction's outputs to a vault in the contract's denom that are no dust. What
// they say, memo or none, is for the chain to judge.
func (c *cosmosReader) deposits(height uint64, vault *Vault, tx readTx) []effect {
	var found []effect
	for _, output := range tx.Outputs {
		if c.owner(output.Recipient) != vault {
			continue
		}
		amount, deposited := c.deposited(output)
		if !deposited {
			continue
		}
		found = append(found, effect{
			vault: vault.ID,
			event: types.Event{Height: height, Kind: &types.Event_Deposit{Deposit: &types.DepositEvent{
				Vault: vault.ID, TxHash: tx.Hash[:], Index: output.Index, Sender: notation(c.prefix, output.Sender), Memo: cut(tx.Memo, types.MaxMemo),
				Amount: math.NewIntFromBigInt(amount),
			}}},
			deltas: []delta{{vault.ID, amount}},
		})
	}
	return found
}

// deposited is what an output pays in the contract's denom; false where that is no deposit.
func (c *cosmosReader) deposited(output Output) (*big.Int, bool) {
	amount := amountOf(output.Coins, c.contract.Denom)
	return amount, output.Sender != "" && amount.Sign() > 0 && amount.BitLen() <= math.MaxBitLen && !c.isDust(amount)
}
