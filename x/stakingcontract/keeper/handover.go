package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// seat opens a handover to a committee, unless it holds the vault that is next, or active, already. A committee that changed while funds were
// moving waits until they are moved (protocol §10).
func (k Keeper) seat(ctx context.Context, committee ssvtypes.Committee) error {
	contract, state, err := k.load(ctx, committee.Contract)
	if err != nil {
		return err
	}
	if state.PendingVault != 0 {
		same, err := k.holds(ctx, state.PendingVault, committee)
		if err != nil || same {
			return err
		}
	}
	if state.Handover == types.HANDOVER_STAGE_MOVE {
		state.Reseat = true
		return k.setState(ctx, state)
	}
	if err := k.closePending(ctx, &state); err != nil {
		return err
	}
	if state.ActiveVault != 0 {
		same, err := k.holds(ctx, state.ActiveVault, committee)
		if err != nil {
			return err
		}
		if same {
			state.HandoverEra = 0
			return k.setState(ctx, state)
		}
	}
	return k.openHandover(ctx, contract, state, committee)
}

// holds says whether a vault is held by exactly the committee's members, with their keys, at its threshold.
func (k Keeper) holds(ctx context.Context, id uint64, committee ssvtypes.Committee) (bool, error) {
	vault, err := k.multisig.Vault(ctx, id)
	if err != nil {
		return false, err
	}
	signers, err := k.multisig.VaultSigners(ctx, id)
	if err != nil || vault.Threshold != committee.Threshold || len(signers) != len(committee.Members) {
		return false, err
	}
	for _, member := range committee.Members {
		if !slices.ContainsFunc(signers, func(s multisigtypes.Signer) bool {
			return s.Operator == member.Operator && slices.Equal(s.Key, member.Signer)
		}) {
			return false, nil
		}
	}
	return true, nil
}

// openHandover makes the committee's vault. Its address may be one that the contract had before: then the account may be known already, and the
// vault may be RETIRING until it is ACTIVE again. One that was CLOSED gets nothing before its balance is proven: nobody looked at it meanwhile. An address that can't be had makes one member give way to a standby.
func (k Keeper) openHandover(ctx context.Context, contract types.Contract, state types.ContractState, committee ssvtypes.Committee) error {
	vault, err := k.multisig.CreateVault(ctx, newVault(contract, state, committee))
	if errors.Is(err, multisigtypes.ErrVaultExists) {
		if err := k.setState(ctx, state); err != nil {
			return err
		}
		return k.exchange(ctx, contract.Id, err.Error())
	}
	if err != nil {
		return err
	}
	ledger, err := k.ledger(ctx, vault.Id, contract.Id)
	if err != nil {
		return err
	}
	if vault.AccountKnown && vault.Status == multisigtypes.VAULT_STATUS_PENDING && !contract.Kind.HandsOn() {
		ledger.Readmitted = height(ctx)
	}
	if err := k.setLedger(ctx, ledger); err != nil {
		return err
	}
	if err := k.openVaults.Set(ctx, collections.Join(contract.Id, vault.Id)); err != nil {
		return err
	}
	state.PendingVault, state.Reseat = vault.Id, false
	if state.HandoverEra == 0 || state.ActiveVault == 0 {
		state.HandoverEra = committee.Era
	}
	k.enter(ctx, &state, types.HANDOVER_STAGE_ACCOUNT)
	if vault.AccountKnown && ledger.Readmitted == 0 {
		if err := k.accountKnown(ctx, contract, &state); err != nil {
			return err
		}
	}
	if err := k.wake(ctx, contract.Id); err != nil {
		return err
	}
	return k.setState(ctx, state)
}

// newVault is the committee's vault: an account of its own, or the account of the ACTIVE vault where that is handed on.
func newVault(contract types.Contract, state types.ContractState, committee ssvtypes.Committee) multisigtypes.NewVault {
	signers := make([]multisigtypes.Signer, len(committee.Members))
	for i, member := range committee.Members {
		signers[i] = multisigtypes.Signer{Operator: member.Operator, Key: member.Signer}
	}
	vault := multisigtypes.NewVault{
		Contract: contract.Id, Era: committee.Era, Kind: contract.Kind, ChainID: contract.ChainId,
		Bech32Prefix: contract.AddressPrefix(), Signers: signers, Threshold: committee.Threshold,
	}
	if contract.Kind.HandsOn() {
		vault.Succeeds = state.ActiveVault
	}
	return vault
}

// enter moves a handover on to a stage and says so.
func (k Keeper) enter(ctx context.Context, state *types.ContractState, stage types.HandoverStage) {
	state.Handover = stage
	k.emit(ctx, &types.EventHandover{
		Contract: state.Contract, FromVault: state.ActiveVault, ToVault: state.PendingVault, Stage: stage,
	})
}

// exchange makes one member of a contract's committee give way to a standby, which gives another vault address. With no standby left the contract
// keeps the vault that it has, and waits for the next election.
func (k Keeper) exchange(ctx context.Context, contract uint64, reason string) error {
	k.alarm(ctx, contract, reason)
	cache, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	var committee ssvtypes.Committee
	err := recovered(cache, func(ctx context.Context) (err error) {
		committee, err = k.ssv.ExchangeMember(ctx, contract, reason)
		return err
	})
	if err != nil {
		k.alarm(ctx, contract, "no other vault address: "+err.Error())
		return nil
	}
	write()
	return k.seat(ctx, committee)
}

// closePending ends a handover that moves nothing yet: its PENDING vault is CLOSED; one that is RETIRING stays so. Since when one was open is
// kept: the vault is no nearer to changing hands because its next owners changed, and an emergency in each era must not keep that unnoticed.
func (k Keeper) closePending(ctx context.Context, state *types.ContractState) error {
	if state.PendingVault == 0 {
		return nil
	}
	a, err := k.openAccount(ctx, state.Contract, state.PendingVault)
	if err != nil {
		return err
	}
	if a.vault.Status == multisigtypes.VAULT_STATUS_PENDING {
		if err := k.closeVault(ctx, a); err != nil {
			return err
		}
	}
	state.PendingVault = 0
	k.enter(ctx, state, types.HANDOVER_STAGE_NONE)
	return nil
}

// closeVault closes a vault; what it holds is swept by best effort.
func (k Keeper) closeVault(ctx context.Context, a *account) error {
	if err := k.multisig.SetVaultStatus(ctx, a.vault.Id, multisigtypes.VAULT_STATUS_CLOSED); err != nil {
		return err
	}
	a.vault.Status = multisigtypes.VAULT_STATUS_CLOSED
	if err := k.noteSweep(ctx, a); err != nil {
		return err
	}
	return k.openVaults.Remove(ctx, collections.Join(a.vault.Contract, a.vault.Id))
}

// applyAccount takes what the next vault's account was proven to be. A plain account lets the handover go on; any other, which an outsider can have
// made of the derivable address, closes the vault before its first use, and another member gives another address (protocol §7).
func (k Keeper) applyAccount(ctx context.Context, contract types.Contract, state *types.ContractState, event types.AccountEvent) error {
	if event.Vault != state.PendingVault || state.Handover != types.HANDOVER_STAGE_ACCOUNT {
		return nil
	}
	if event.Plain {
		if err := k.lock(ctx, contract, event); err != nil {
			return err
		}
		if err := k.multisig.SetVaultAccount(ctx, event.Vault, event.Number, event.Sequence); err != nil {
			return err
		}
		return k.accountKnown(ctx, contract, state)
	}
	reason := fmt.Sprintf("the account of vault %d was made %s before its first use", event.Vault, event.Type)
	if err := k.closePending(ctx, state); err != nil {
		return err
	}
	if err := k.setState(ctx, *state); err != nil {
		return err
	}
	if err := k.exchange(ctx, contract.Id, reason); err != nil {
		return err
	}
	changed, err := k.State(ctx, contract.Id)
	*state = changed
	return err
}

// lock keeps what an outsider locked in an account before its first use out of the books: the vault can use the account all the same, and spends
// what it holds beyond that.
func (k Keeper) lock(ctx context.Context, contract types.Contract, event types.AccountEvent) error {
	if event.Locked.IsNil() || event.Locked.IsZero() {
		return nil
	}
	k.alarm(ctx, contract.Id, fmt.Sprintf(
		"somebody made the account of vault %d %s with %s locked, which count for nothing", event.Vault, event.Type, event.Locked,
	))
	a, err := k.openAccount(ctx, contract.Id, event.Vault)
	if err != nil {
		return err
	}
	a.ledger.Locked = event.Locked
	return k.setLedger(ctx, a.ledger)
}

// accountKnown goes on to DRAIN; a contract's first vault is ACTIVE at once.
func (k Keeper) accountKnown(ctx context.Context, contract types.Contract, state *types.ContractState) error {
	if state.ActiveVault != 0 {
		k.enter(ctx, state, types.HANDOVER_STAGE_DRAIN)
		return nil
	}
	to, err := k.openAccount(ctx, contract.Id, state.PendingVault)
	if err != nil {
		return err
	}
	if err := k.activate(ctx, state, nil, to); err != nil {
		return err
	}
	return k.setLedger(ctx, to.ledger)
}

// proveReadmitted goes on with a handover to a vault that was CLOSED, once an observation that was made since has proven what it holds. What left it
// meanwhile is in its ledger as lost by then.
func (k Keeper) proveReadmitted(ctx context.Context, contract types.Contract, state *types.ContractState, proposal types.Proposal) error {
	if state.Handover != types.HANDOVER_STAGE_ACCOUNT {
		return nil
	}
	ledger, err := k.ledger(ctx, state.PendingVault, contract.Id)
	if err != nil || ledger.Readmitted == 0 || proposal.Height <= ledger.Readmitted {
		return err
	}
	ledger.Readmitted = 0
	if err := k.setLedger(ctx, ledger); err != nil {
		return err
	}
	return k.accountKnown(ctx, contract, state)
}

// activate makes the next vault ACTIVE and the outgoing one, if there is one, RETIRING. The callers save the ledgers of both.
func (k Keeper) activate(ctx context.Context, state *types.ContractState, from, to *account) error {
	if !types.Counted(to.vault.Status) {
		first := to.ledger.Moved + 1
		if err := k.keepArrival(ctx, to.ledger, first, books.Activate(state, &to.ledger)); err != nil {
			return err
		}
		if err := k.commitFee(ctx, state, to); err != nil {
			return err
		}
	}
	if from != nil {
		era, err := k.ssv.CurrentEra(ctx)
		if err != nil {
			return err
		}
		from.ledger.RetiredEra, from.ledger.Loss = era.Number, math.ZeroInt()
		if err := k.setStatus(ctx, from, multisigtypes.VAULT_STATUS_RETIRING); err != nil {
			return err
		}
	}
	if err := k.setStatus(ctx, to, multisigtypes.VAULT_STATUS_ACTIVE); err != nil {
		return err
	}
	if err := k.mintWork.Set(ctx, collections.Join(state.Contract, to.vault.Id)); err != nil {
		return err
	}
	k.setEmergency(ctx, state, "")
	fromVault := state.ActiveVault
	state.NextMove, state.FailedMoves = 0, 0
	state.ActiveVault, state.PendingVault, state.HandoverEra, state.Handover = to.vault.Id, 0, 0, types.HANDOVER_STAGE_NONE
	k.emit(ctx, &types.EventHandover{Contract: state.Contract, FromVault: fromVault, ToVault: to.vault.Id, Stage: state.Handover})
	return k.wake(ctx, state.Contract)
}

// commitFee commits the fee of a sweep that a vault was asked for while it backed nothing, and that may still execute.
func (k Keeper) commitFee(ctx context.Context, state *types.ContractState, a *account) error {
	root, err := k.openSeries.Get(ctx, collections.Join(state.Contract, a.vault.Id))
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	batch, err := k.Batch(ctx, root)
	if err != nil || batch.Committed {
		return err
	}
	batch.Committed = true
	state.FeesCommitted = state.FeesCommitted.Add(batch.Fee)
	return k.batches.Set(ctx, root, batch)
}

func (k Keeper) setStatus(ctx context.Context, a *account, status multisigtypes.VaultStatus) error {
	if err := k.multisig.SetVaultStatus(ctx, a.vault.Id, status); err != nil {
		return err
	}
	a.vault.Status = status
	return nil
}

// advance takes a handover whose next vault is known from DRAIN to MOVE once no payload of the outgoing vault can execute any more, and opens the
// HANDOVER session; one that was executed and failed is opened anew, from next_move on (protocol §10). An account that is handed on can't wait for
// that: a payload that was signed can execute for ever, so its handover competes with it for the nonce.
func (k Keeper) advance(ctx context.Context, w *work) error {
	if w.state.Handover == types.HANDOVER_STAGE_NONE || w.state.ActiveVault == 0 || height(ctx) < w.state.NextMove {
		return nil
	}
	rival, busy, err := k.rival(ctx, w)
	if err != nil || busy && w.state.Handover == types.HANDOVER_STAGE_MOVE {
		return err
	}
	if ready, err := k.incomingAlive(ctx, w); err != nil || !ready || busy || w.state.Handover == types.HANDOVER_STAGE_ACCOUNT {
		return err
	}
	from, err := k.openAccount(ctx, w.contract.Id, w.state.ActiveVault)
	if err != nil {
		return err
	}
	if w.contract.Kind.HandsOn() {
		err = k.openHandOn(ctx, w, from, rival)
	} else {
		err = k.openMoveOn(ctx, w, from)
	}
	if err != nil || w.state.Handover != types.HANDOVER_STAGE_DRAIN {
		return err
	}
	if busy, err = k.hasSeries(ctx, w.contract.Id, w.state.ActiveVault); err != nil || !busy {
		return err
	}
	k.enter(ctx, &w.state, types.HANDOVER_STAGE_MOVE)
	return nil
}

// openMoveOn opens the session that moves everything to the next vault, once the reserve covers its fee.
func (k Keeper) openMoveOn(ctx context.Context, w *work, from *account) error {
	cost := payout.MoveCost(w.contract, from.vault, from.vault, w.state.GasBoost)
	if from.ledger.Spendable().LTE(cost.Fee) {
		return k.handOverNothing(ctx, w, from)
	}
	if reserveLeft(w.state).LT(cost.Fee) {
		return nil
	}
	return k.openMove(ctx, w, from, multisigtypes.PURPOSE_HANDOVER, w.state.PendingVault, cost)
}

// handOverNothing ends a handover at once where the outgoing vault holds nothing worth moving.
func (k Keeper) handOverNothing(ctx context.Context, w *work, from *account) error {
	to, err := k.openAccount(ctx, w.contract.Id, w.state.PendingVault)
	if err != nil {
		return err
	}
	if err := k.activate(ctx, &w.state, from, to); err != nil {
		return err
	}
	if err := k.noteMove(ctx, from, to); err != nil {
		return err
	}
	if err := k.setLedger(ctx, from.ledger); err != nil {
		return err
	}
	return k.setLedger(ctx, to.ledger)
}

// reseat opens the handover to a committee that changed while the last one was moving funds.
func (k Keeper) reseat(ctx context.Context, w *work) error {
	if !w.state.Reseat || w.state.Handover != types.HANDOVER_STAGE_NONE {
		return nil
	}
	w.state.Reseat = false
	committee, found, err := k.ssv.PresentCommittee(ctx, w.contract.Id)
	if err != nil || !found {
		return err
	}
	if err := k.setState(ctx, w.state); err != nil {
		return err
	}
	if err := k.seat(ctx, committee); err != nil {
		return err
	}
	w.state, err = k.State(ctx, w.contract.Id)
	return err
}
