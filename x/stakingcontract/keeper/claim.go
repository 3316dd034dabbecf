package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// claimGas is charged for each signature of a claim before it is verified: what ante charges for a
// secp256k1 signature.
const claimGas = 1000

// Deposit returns a recorded deposit, or ErrDepositNotFound.
func (k Keeper) Deposit(ctx context.Context, contract uint64, txHash []byte, index uint32) (types.Deposit, error) {
	d, err := k.deposits.Get(ctx, collections.Join3(contract, txHash, index))
	if errors.Is(err, collections.ErrNotFound) {
		return d, types.ErrDepositNotFound.Wrapf("contract %d, transaction %X, index %d", contract, txHash, index)
	}
	return d, err
}

// claimDeposit assigns an UNMATCHED deposit to a recipient and returns what became of it. It checks, in this order: the deposit is UNMATCHED;
// the recipient can receive; the key is the sender's; the signature is over the claim's text (protocol §8).
func (k Keeper) claimDeposit(ctx context.Context, msg types.MsgClaimDeposit) (types.DepositStatus, error) {
	d, err := k.Deposit(ctx, msg.Contract, msg.TxHash, msg.Index)
	if err != nil {
		return 0, err
	}
	if d.Status != types.DEPOSIT_STATUS_UNMATCHED {
		return 0, types.ErrNotClaimable.Wrapf("it is %s, wanted %s", d.Status, types.DEPOSIT_STATUS_UNMATCHED)
	}
	recipient, reason := k.recipient(msg.Recipient)
	if reason != "" {
		return 0, types.ErrInvalidRecipient.Wrap(reason)
	}
	contract, state, err := k.load(ctx, msg.Contract)
	if err != nil {
		return 0, err
	}
	signed := claim.Deposit{
		ChainID: sdk.UnwrapSDKContext(ctx).ChainID(), Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: msg.Recipient,
	}
	charge := func() { sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(claimGas, "signature of a claim") }
	if err := claim.SchemeOf(contract).Verify(signed, d.Sender, msg.PublicKey, msg.Signature, charge); err != nil {
		return 0, types.ErrInvalidClaim.Wrap(err.Error())
	}
	d.Recipient = recipient
	return k.assign(ctx, contract, state, d)
}

// assign gives a waiting deposit its recipient: it mints at once where it can, else it is queued with the reason.
func (k Keeper) assign(ctx context.Context, contract types.Contract, state types.ContractState, d types.Deposit) (types.DepositStatus, error) {
	a, err := k.openAccount(ctx, contract.Id, d.Vault)
	if err != nil {
		return 0, err
	}
	moving, err := k.moving(ctx, contract.Id, d.Vault)
	if err != nil {
		return 0, err
	}
	if err := k.takeShare(ctx, a.ledger, &d); err != nil {
		return 0, err
	}
	closed := k.depositsClosed(ctx, contract, state)
	if closed == "" {
		closed = k.excluded(ctx, contract, d.Worth())
	}
	if mintable(a, moving, d) && closed == "" {
		if err := k.mintOne(ctx, contract, &state, a, d); err != nil {
			return 0, err
		}
		minted, err := k.Deposit(ctx, d.Contract, d.TxHash, d.Index)
		return minted.Status, err
	}
	d.Status, d.Reason = k.matched(ctx, contract, state, a.vault)
	if mintable(a, moving, d) || d.Status == types.DEPOSIT_STATUS_MINTED {
		d.Status, d.Reason = types.DEPOSIT_STATUS_HELD, closed
	}
	if d.Reason == "" {
		d.Reason = "the vault is being handed over"
	}
	if err := k.await(ctx, d); err != nil {
		return 0, err
	}
	return d.Status, k.saveDeposit(ctx, d)
}
