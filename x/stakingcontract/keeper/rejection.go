package keeper

import (
	"bytes"
	"context"

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
	if err := k.rejections.Set(ctx, collections.Join(proposal.Contract, proposal.Hash), rejection); err != nil {
		return err
	}
	return k.fail(ctx, proposal, "rejected")
}

// refute has the proposers of a contract's rejected observations punished that the accepted one shows false: N members rejected theirs, and N
// agree to another from the same position, in time (protocol §8). All rejections are forgotten then, for the position moves on. Members that can
// agree to nothing, as where their software is at fault, prove nobody's lie. A failure is logged and undone; the observation stays accepted.
func (k Keeper) refute(ctx context.Context, accepted types.Proposal) {
	k.guard(ctx, accepted.Contract, "punish false observations", func(ctx context.Context) error {
		iterator, err := k.rejections.Iterate(ctx, collections.NewPrefixedPairRange[uint64, []byte](accepted.Contract))
		if err != nil {
			return err
		}
		rejections, err := iterator.Values()
		if err != nil {
			return err
		}
		for _, rejection := range rejections {
			if err := k.rejections.Remove(ctx, collections.Join(rejection.Contract, rejection.Hash)); err != nil {
				return err
			}
			if !refutes(accepted, rejection, height(ctx)) {
				continue
			}
			if err := k.punish(ctx, rejection); err != nil {
				return err
			}
		}
		return nil
	})
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
		if err := k.rejections.Set(ctx, collections.Join(rejection.Contract, rejection.Hash), rejection); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportRejections(ctx context.Context, g *types.GenesisState) (err error) {
	g.Rejections, err = values(ctx, k.rejections)
	return err
}
