package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// InitGenesis loads the module's state and rebuilds queues and indexes from it. x/multisig must be loaded before: it knows the vaults.
func (k Keeper) InitGenesis(ctx context.Context, g types.GenesisState) error {
	if account := k.account.GetModuleAccount(ctx, types.ModuleName); account == nil {
		return fmt.Errorf("the %s module account has not been set", types.ModuleName)
	}
	if err := k.initCounters(ctx, g); err != nil {
		return err
	}
	for _, load := range []func(context.Context, types.GenesisState) error{
		k.initContracts, k.initLedgers, k.initProposals, k.initDeposits, k.initRedemptions, k.initBatches, k.initCalls, k.initRejections,
		k.initEraStarts, k.initArrivals, k.initCredits,
	} {
		if err := load(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initCounters(ctx context.Context, g types.GenesisState) error {
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.nextContract.Set(ctx, g.NextContract); err != nil {
		return err
	}
	if err := k.nextRedemption.Set(ctx, g.NextRedemption); err != nil {
		return err
	}
	return k.nextPlace.Set(ctx, g.NextPlace)
}

func (k Keeper) initContracts(ctx context.Context, g types.GenesisState) error {
	for i, contract := range g.Contracts {
		if err := k.contracts.Set(ctx, contract.Id, contract); err != nil {
			return err
		}
		if err := k.setState(ctx, g.States[i]); err != nil {
			return err
		}
		if err := k.wake(ctx, contract.Id); err != nil {
			return err
		}
		if err := k.rtokens.Set(ctx, contract.RtokenDenom, contract.Id); err != nil {
			return err
		}
		// A fresh chain's bank knows the rToken only if its own genesis does.
		if !k.bank.HasDenomMetaData(ctx, contract.RtokenDenom) {
			k.bank.SetDenomMetaData(ctx, contract.Metadata())
		}
	}
	for _, backoff := range g.Backoffs {
		if err := k.backoffs.Set(ctx, collections.Join(backoff.Contract, backoff.Operator), backoff); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initLedgers(ctx context.Context, g types.GenesisState) error {
	for _, ledger := range g.Ledgers {
		if err := k.setLedger(ctx, ledger); err != nil {
			return err
		}
		a, err := k.openAccount(ctx, ledger.Contract, ledger.Vault)
		if err != nil {
			return err
		}
		if err := k.mintWork.Set(ctx, collections.Join(ledger.Contract, ledger.Vault)); err != nil {
			return err
		}
		if err := k.noteSweep(ctx, a); err != nil {
			return err
		}
		if a.vault.Status == multisigtypes.VAULT_STATUS_CLOSED {
			continue
		}
		if err := k.openVaults.Set(ctx, collections.Join(ledger.Contract, ledger.Vault)); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initProposals(ctx context.Context, g types.GenesisState) error {
	for _, entry := range g.Proposals {
		p := entry.Proposal
		if err := k.proposals.Set(ctx, collections.Join(p.Contract, p.Hash), p); err != nil {
			return err
		}
		if err := k.initProposal(ctx, entry); err != nil {
			return err
		}
		if p.Status == types.OBSERVATION_STATUS_ACCEPTED {
			if err := k.applying.Set(ctx, p.Contract, p.Hash); err != nil {
				return err
			}
		} else if err := k.deadlines.Set(ctx, collections.Join3(p.Deadline, p.Contract, p.Hash)); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initProposal(ctx context.Context, entry types.GenesisProposal) error {
	p := entry.Proposal
	for i, event := range entry.Events {
		if err := k.events.Set(ctx, collections.Join(p.Hash, p.Applied+uint32(i)), event); err != nil {
			return err
		}
	}
	for _, vote := range entry.Votes {
		if err := k.votes.Set(ctx, collections.Join(vote.Hash, vote.Operator), vote); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initDeposits(ctx context.Context, g types.GenesisState) error {
	for _, d := range g.Deposits {
		if err := k.deposits.Set(ctx, keyOf(d), d); err != nil {
			return err
		}
		if err := k.indexUnmatched(ctx, d); err != nil {
			return err
		}
		if !d.Status.Waiting() {
			continue
		}
		if d.RefundHeight > 0 {
			if err := k.refunds.Set(ctx, refundKeyOf(d)); err != nil {
				return err
			}
		}
		if d.Recipient == "" {
			continue
		}
		if err := k.await(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initRedemptions(ctx context.Context, g types.GenesisState) error {
	for _, entry := range g.Redemptions {
		r := entry.Redemption
		if err := k.redemptions.Set(ctx, r.Id, r); err != nil {
			return err
		}
		for i, change := range entry.History {
			if err := k.history.Set(ctx, collections.Join(r.Id, uint32(i)), change); err != nil {
				return err
			}
		}
		if err := k.initIndexes(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initIndexes(ctx context.Context, r types.Redemption) error {
	redeemer, err := k.accountAddress(r.Redeemer)
	if err != nil {
		return err
	}
	if err := k.redeemers.Set(ctx, collections.Join([]byte(redeemer), r.Id)); err != nil {
		return err
	}
	if r.Status == types.REDEMPTION_STATUS_QUEUED || r.Status == types.REDEMPTION_STATUS_PARTIAL {
		if err := k.enqueue(ctx, r); err != nil {
			return err
		}
	}
	if r.Status.Finished() {
		return nil
	}
	if r.Suspected != 0 {
		if err := k.suspects.Set(ctx, collections.Join3(r.Contract, r.Suspected, r.Id)); err != nil {
			return err
		}
	}
	return k.countOpen(ctx, redeemer)
}

// initBatches loads the unfinished series; of one and its rival the vault's series is the one that competes.
func (k Keeper) initBatches(ctx context.Context, g types.GenesisState) error {
	rivals := map[uint64]bool{}
	for _, batch := range g.Batches {
		rivals[batch.Rival] = true
	}
	for _, batch := range g.Batches {
		if err := k.batches.Set(ctx, batch.Root, batch); err != nil {
			return err
		}
		if rivals[batch.Root] {
			continue
		}
		if err := k.openSeries.Set(ctx, collections.Join(batch.Contract, batch.Vault), batch.Root); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis returns the module's state, every list in key order.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	for _, save := range []func(context.Context, *types.GenesisState) error{
		k.exportCounters, k.exportContracts, k.exportProposals, k.exportRedemptions, k.exportCalls, k.exportRejections,
		k.exportEraStarts, k.exportArrivals, k.exportCredits,
	} {
		if err := save(ctx, g); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (k Keeper) exportCounters(ctx context.Context, g *types.GenesisState) (err error) {
	if g.Params, err = k.params.Get(ctx); err != nil {
		return err
	}
	if g.NextContract, err = k.nextContract.Peek(ctx); err != nil {
		return err
	}
	if g.NextRedemption, err = k.nextRedemption.Peek(ctx); err != nil {
		return err
	}
	g.NextPlace, err = k.nextPlace.Peek(ctx)
	return err
}

func (k Keeper) exportContracts(ctx context.Context, g *types.GenesisState) (err error) {
	if g.Contracts, err = values(ctx, k.contracts); err != nil {
		return err
	}
	if g.States, err = values(ctx, k.states); err != nil {
		return err
	}
	if g.Ledgers, err = values(ctx, k.ledgers); err != nil {
		return err
	}
	if g.Backoffs, err = values(ctx, k.backoffs); err != nil {
		return err
	}
	if g.Deposits, err = values(ctx, k.deposits); err != nil {
		return err
	}
	g.Batches, err = values(ctx, k.batches)
	return err
}

func (k Keeper) exportProposals(ctx context.Context, g *types.GenesisState) error {
	proposals, err := values(ctx, k.proposals)
	if err != nil {
		return err
	}
	for _, p := range proposals {
		entry := types.GenesisProposal{Proposal: p}
		if entry.Events, err = k.eventsOf(ctx, p); err != nil {
			return err
		}
		if entry.Votes, err = k.votesOf(ctx, p); err != nil {
			return err
		}
		g.Proposals = append(g.Proposals, entry)
	}
	return nil
}

// eventsOf returns a proposal's events that are not applied.
func (k Keeper) eventsOf(ctx context.Context, p types.Proposal) ([]types.Event, error) {
	iterator, err := k.events.Iterate(ctx, collections.NewPrefixedPairRange[[]byte, uint32](p.Hash))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

func (k Keeper) votesOf(ctx context.Context, p types.Proposal) ([]types.Vote, error) {
	iterator, err := k.votes.Iterate(ctx, collections.NewPrefixedPairRange[[]byte, string](p.Hash))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

func (k Keeper) exportRedemptions(ctx context.Context, g *types.GenesisState) error {
	redemptions, err := values(ctx, k.redemptions)
	if err != nil {
		return err
	}
	for _, r := range redemptions {
		history, err := k.historyOf(ctx, r.Id)
		if err != nil {
			return err
		}
		g.Redemptions = append(g.Redemptions, types.GenesisRedemption{Redemption: r, History: history})
	}
	return nil
}

func (k Keeper) historyOf(ctx context.Context, redemption uint64) ([]types.StatusChange, error) {
	iterator, err := k.history.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint32](redemption))
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// values returns all values of a map in key order.
func values[K, V any](ctx context.Context, m collections.Map[K, V]) ([]V, error) {
	iterator, err := m.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

func (k Keeper) initCredits(ctx context.Context, g types.GenesisState) error {
	for _, c := range g.Credits {
		if err := k.credits.Set(ctx, collections.Join(c.Contract, c.TxHash), c); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportCredits(ctx context.Context, g *types.GenesisState) error {
	return k.credits.Walk(ctx, nil, func(_ collections.Pair[uint64, []byte], c types.Credit) (bool, error) {
		g.Credits = append(g.Credits, c)
		return false, nil
	})
}
