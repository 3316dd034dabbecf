package relayer

import (
	"context"
	"errors"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/stafiprotocol/stafid/relayer/cosmostx"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	"github.com/stafiprotocol/stafid/relayer/status"
)

// ReserveMemo marks a transfer to a vault as a top-up of its fee reserve (protocol §9).
const ReserveMemo = "stafi/reserve"

// accountTimeout in blocks of the original chain after which a transaction that creates an account can't execute any more, and
// another may be made.
const accountTimeout = 40

// accountResend in blocks of the original chain between handing the same transaction over: a mempool may lose it.
const accountResend = 6

// errFunder: the funder can't pay for a vault's account.
var errFunder = errors.New("funder can't pay")

// AccountTx is the journal's record of the transaction that creates a vault's account, written before it is sent.
type AccountTx struct {
	Vault   uint64 `json:"vault"`
	Raw     []byte `json:"raw"`
	Hash    string `json:"hash"`
	Timeout uint64 `json:"timeout"`
}

// createAccount sends one base unit to a PENDING vault whose account does not exist yet, when it is this member's turn: only then
// can the vault's signatures be verified by its chain (protocol §7).
func (o *origin) createAccount(ctx context.Context, view stafi.View, contract stafi.Contract) error {
	vault, ok := contract.Generation(contract.State.PendingVault)
	if !ok || vault.Vault.AccountKnown {
		return nil
	}
	me, ok := member(vault, view)
	if !ok {
		return nil
	}
	final, err := o.final()
	if err != nil || final == 0 {
		return err
	}
	_, exists, err := o.chain.Account(ctx, vault.Vault.Address, final)
	if err != nil {
		return err
	}
	if exists {
		o.board.Doing(status.Account, contractScope(contract.Id), fmt.Sprintf("the account of vault %d exists", vault.Vault.Id), nil)
		return nil
	}
	turn := designated(vault.Vault.Id, view.Height-vault.Vault.CreatedHeight, accountPatience, len(vault.Signers))
	if turn != me {
		o.board.Doing(status.Account, contractScope(contract.Id), "it is the turn of "+vault.Signers[turn].Operator, nil)
		return nil
	}
	return o.fundAccount(ctx, contract, vault, final)
}

// fundAccount hands over the transaction that the journal holds for as long as it can execute, else a new one.
func (o *origin) fundAccount(ctx context.Context, contract stafi.Contract, vault observe.Generation, final uint64) error {
	var record AccountTx
	key := journal.Number(vault.Vault.Id)
	err := o.journal.Get(journal.Account, key, &record)
	if err != nil && !errors.Is(err, journal.ErrNotFound) {
		return err
	}
	fresh := err != nil || record.Timeout <= final
	if last, sent := o.funded[vault.Vault.Id]; !fresh && sent && final < last+accountResend {
		return nil
	}
	if fresh {
		if record, err = o.accountTx(ctx, contract, vault, final); err != nil {
			return err
		}
		if err := o.journal.Put(journal.Account, key, record); err != nil {
			return err
		}
	}
	if _, err := o.client.Broadcast(ctx, record.Raw); err != nil && !isHarmless(err) {
		return fmt.Errorf("creating the account of vault %d: %w", vault.Vault.Id, err)
	}
	o.funded[vault.Vault.Id] = final
	o.board.Done(status.Account, contractScope(contract.Id),
		fmt.Sprintf("sent one base unit to vault %d by transaction %s", vault.Vault.Id, record.Hash))
	return nil
}

func (o *origin) accountTx(ctx context.Context, contract stafi.Contract, vault observe.Generation, final uint64) (AccountTx, error) {
	funder := o.keys.Funders[o.cfg.ChainID]
	from, err := bech32.ConvertAndEncode(contract.Cosmos.Bech32Prefix, funder.PubKey.Address())
	if err != nil {
		return AccountTx{}, err
	}
	price, err := sdk.ParseDecCoin(o.cfg.GasPrice)
	if err != nil {
		return AccountTx{}, err
	}
	fee := sdk.NewCoin(price.Denom, price.Amount.MulInt(math.NewIntFromUint64(o.cfg.AccountGas)).Ceil().TruncateInt())
	unit := sdk.NewCoin(contract.Denom, math.OneInt())
	account, err := o.funder(ctx, from, sdk.NewCoins(fee).Add(unit), final)
	o.board.AlarmIf(errors.Is(err, errFunder), "funder/"+o.cfg.ChainID, fmt.Sprintf("vaults' accounts can't be created: %v", err))
	if err != nil {
		return AccountTx{}, err
	}
	tx := cosmostx.Tx{
		Messages: []proto.Message{&banktypes.MsgSend{FromAddress: from, ToAddress: vault.Vault.Address, Amount: sdk.NewCoins(unit)}},
		Memo:     ReserveMemo, TimeoutHeight: final + accountTimeout, Fee: sdk.NewCoins(fee), Gas: o.cfg.AccountGas,
	}
	raw, err := cosmostx.Sign(tx, cosmostx.Signer{
		ChainID: o.cfg.ChainID, AccountNumber: account.Number, Sequence: account.Sequence, PubKey: funder.PubKey, Sign: funder.Sign,
	})
	if err != nil {
		return AccountTx{}, err
	}
	return AccountTx{Vault: vault.Vault.Id, Raw: raw, Hash: fmt.Sprintf("%X", cosmostx.Hash(raw)), Timeout: tx.TimeoutHeight}, nil
}

// funder proves the funder's account, and that it holds what is to be spent.
func (o *origin) funder(ctx context.Context, address string, cost sdk.Coins, final uint64) (observe.Account, error) {
	account, exists, err := o.chain.Account(ctx, address, final)
	if err != nil {
		return account, err
	}
	if !exists {
		return account, fmt.Errorf("%w: %s does not exist on %s, want %s there", errFunder, address, o.cfg.ChainID, cost)
	}
	for _, coin := range cost {
		balance, err := o.chain.Balance(ctx, address, coin.Denom, final)
		if err != nil {
			return account, err
		}
		if balance.LT(coin.Amount) {
			return account, fmt.Errorf("%w: %s holds %s%s on %s, want %s", errFunder, address, balance, coin.Denom, o.cfg.ChainID, coin)
		}
	}
	return account, nil
}
