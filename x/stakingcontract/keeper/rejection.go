package keeper

import (
	"bytes"
	"context"
	"slices"

	"cosmossdk.io/collections"

	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// reject fails a proposal that N members rejected, and keeps what is needed to punish its proposer once it is shown false.
func (k Keeper) reject(ctx context.Context, proposal types.Proposal) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	rejection := types.Rejection{
		Contract: proposal.Contract, Proposer: proposal.Proposer, Vault: proposal.Vault, Hash: proposal.Hash,
		From: proposal.From, FromIndex: proposal.FromIndex, Expires: height(ctx) + int64(params.ObservationDeadline),
	}
	if err := k.keepRejection(ctx, rejection); err != nil {
		return err
	}
	return k.fail(ctx, proposal, "rejected")
}

func (k Keeper) keepRejection(ctx context.Context, r types.Rejection) error {
	return k.rejections.Set(ctx, collections.Join3(r.Contract, r.Hash, r.Proposer), r)
}

func (k Keeper) rejectionsOf(ctx context.Context, contract uint64) ([]types.Rejection, error) {
	iterator, err := k.rejections.Iterate(ctx, collections.NewPrefixedTripleRange[uint64, []byte, string](contract))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// refutable says whether an observation of a contract from a position would show a rejected one false: then it is taken though there be
// nothing else to report, for whoever lies while nothing happens would else go unpunished.
func (k Keeper) refutable(ctx context.Context, o types.Observation) (bool, error) {
	rejections, err := k.rejectionsOf(ctx, o.Contract)
	return slices.ContainsFunc(rejections, func(r types.Rejection) bool {
		return r.From == o.From && r.FromIndex == o.FromIndex && height(ctx) <= r.Expires
	}), err
}

// refute has the proposers of a contract's rejected observations punished that the accepted one shows false: N members rejected theirs, and N
// agree to another from the same position, in time (protocol §8). All rejections are forgotten then, for the position moves on. Members that can
// agree to nothing, as where their software is at fault, prove nobody's lie. Each is isolated: a punishment that fails is logged and undone, the
// observation stays accepted, and nobody else is spared.
func (k Keeper) refute(ctx context.Context, accepted types.Proposal) error {
	rejections, err := k.rejectionsOf(ctx, accepted.Contract)
	if err != nil {
		return err
	}
	for _, rejection := range rejections {
		if err := k.rejections.Remove(ctx, collections.Join3(rejection.Contract, rejection.Hash, rejection.Proposer)); err != nil {
			return err
		}
		if !refutes(accepted, rejection, height(ctx)) {
			continue
		}
		k.guard(ctx, accepted.Contract, "punish a false observation", func(ctx context.Context) error { return k.punish(ctx, rejection) })
	}
	return nil
}

// refutes says whether an accepted observation shows a rejected one false: it is another one, begins where that began, and came in time.
func refutes(accepted types.Proposal, rejection types.Rejection, height int64) bool {
	return !bytes.Equal(accepted.Hash, rejection.Hash) && accepted.From == rejection.From &&
		accepted.FromIndex == rejection.FromIndex && accepted.Vault == rejection.Vault && height <= rejection.Expires
}

func (k Keeper) punish(ctx context.Context, rejection types.Rejection) error {
	vault, err := k.multisig.Vault(ctx, rejection.Vault)
	if err != nil {
		return err
	}
	_, err = k.ssv.PunishEvil(ctx, ssvtypes.Accusation{
		Contract: rejection.Contract, Vault: rejection.Vault, VaultEra: vault.Era, Operator: rejection.Proposer,
		Deed: ssvtypes.DEED_FALSE_OBSERVATION, Proof: rejection.Hash,
	})
	return err
}

func (k Keeper) initRejections(ctx context.Context, g types.GenesisState) error {
	for _, rejection := range g.Rejections {
		if err := k.keepRejection(ctx, rejection); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportRejections(ctx context.Context, g *types.GenesisState) (err error) {
	g.Rejections, err = values(ctx, k.rejections)
	return err
}
