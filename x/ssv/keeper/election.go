package keeper

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/election"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// A producer that holds a third of the power left can stop the chain: none may (protocol §6).
const (
	maxProducerShareNum = 1
	maxProducerShareDen = 3
)

// elect draws the committees of an era from the pool and by the terms that were frozen for the end of the era before, and reads nothing
// of the present: the seed was public long before (protocol §§3–5). Without a finished freeze or a seed nobody is drawn: the incumbents stay.
// It leaves the committees in Elected and returns the contracts to seat, in order of id.
func (k Keeper) elect(ctx context.Context, era types.Era) ([]uint64, string, error) {
	freeze, found, err := maybe(ctx, k.Freezes, era.Number-1)
	if err != nil {
		return nil, "", err
	}
	reason, err := k.unfit(ctx, freeze, found)
	if err != nil {
		return nil, "", err
	}
	if reason != "" {
		contracts, err := k.keepIncumbents(ctx, era, reason)
		return contracts, "no election: " + reason, err
	}
	frozen, err := k.frozenPool(ctx, freeze)
	if err != nil {
		return nil, "", err
	}
	ballot, err := k.newBallot(ctx, era, freeze, frozen)
	if err != nil {
		return nil, "", err
	}
	planned, err := election.Plan(ballot.input)
	if err != nil {
		return nil, "", err
	}
	contracts, err := k.recordElected(ctx, ballot, planned)
	return contracts, fmt.Sprintf("%d contracts, %d candidates", len(planned), ballot.frozen.count), err
}

// reasonNoDemand marks incumbents of a contract that asked for no election: its handover is not finished or it is wound down, so
// that its vault can't change and neither do its members.
const reasonNoDemand = "no election was asked for"

// unfit says why no election can be held by a freeze; empty if one can.
func (k Keeper) unfit(ctx context.Context, freeze types.Freeze, found bool) (string, error) {
	switch {
	case !found:
		return "no pool was frozen", nil
	case freeze.Status != types.FREEZE_STATUS_DONE:
		return fmt.Sprintf("the pool was not frozen in time: %d candidates evaluated", freeze.Evaluated), nil
	case len(freeze.Seed) == 0:
		return k.reasonOfNoSeed(ctx, freeze.Era)
	}
	return "", nil
}

// ballot is an election's input with what its result is turned into committees by.
type ballot struct {
	era     types.Era
	input   election.PlanInput
	frozen  frozenPool
	demands []types.Demand
	// begun is when the weights were measured.
	begun   int64
	present []types.Committee
}

func (k Keeper) newBallot(ctx context.Context, era types.Era, freeze types.Freeze, frozen frozenPool) (ballot, error) {
	b := ballot{era: era, demands: freeze.Demands, begun: freeze.Begun, frozen: frozen}
	terms, err := k.termsOf(ctx, freeze)
	if err != nil {
		return b, err
	}
	if b.present, err = k.PresentCommittees(ctx); err != nil {
		return b, err
	}
	b.input = election.PlanInput{
		ChainID: sdk.UnwrapSDKContext(ctx).ChainID(), Era: era.Number, Seed: freeze.Seed, Guard: guard(freeze, terms),
		MaxRestingShare: ratio(terms.MaxRestingShare), MinPoolFactor: terms.MinPoolFactor,
		MinThresholdRatio: terms.MinThresholdRatio,
	}
	b.input.Candidates = b.frozen.candidates()
	b.loadDemands(terms)
	return b, nil
}

func guard(freeze types.Freeze, terms types.ElectionTerms) election.Guard {
	return election.Guard{
		BondedPower: freeze.BondedPower, MaxExcluded: ratio(terms.MaxExcludedPower),
		Producers: freeze.Producers, MinProducers: terms.MinProducers, LargestOther: freeze.LargestOther,
		MaxProducerShare: election.Ratio{Num: maxProducerShareNum, Den: maxProducerShareDen},
	}
}

// ratio returns a decimal from 0 to 1 as a fraction of integers, exactly.
func ratio(d math.LegacyDec) election.Ratio {
	return election.Ratio{Num: d.BigInt().Uint64(), Den: math.LegacyOneDec().BigInt().Uint64()}
}

// loadDemands gives each demand its incumbents as of the freeze; the members of contracts without a demand serve on. Who took a seat since
// may be drawn for another contract: the first of both committees that is seated has it.
func (b *ballot) loadDemands(terms types.ElectionTerms) {
	for _, demand := range b.demands {
		b.input.Demands = append(b.input.Demands, election.Demand{
			ID: demand.Contract, Chain: demand.ChainId, Size: demand.Size_, Threshold: demand.Threshold, MinSize: demand.MinSize,
		})
	}
	for _, serving := range terms.Serving {
		if i := demandIndex(b.demands, serving.Contract); i >= 0 {
			b.input.Demands[i].Incumbents = electionSeats(serving)
		} else {
			b.input.Serving = append(b.input.Serving, electionSeats(serving)...)
		}
	}
}

// demandIndex is the place of a contract's demand, or −1.
func demandIndex(demands []types.Demand, contract uint64) int {
	return slices.IndexFunc(demands, func(demand types.Demand) bool { return demand.Contract == contract })
}

// recordElected writes the committee of every contract that has one, elected or incumbent.
func (k Keeper) recordElected(ctx context.Context, b ballot, planned []election.Planned) ([]uint64, error) {
	elected := make([]types.Committee, 0, len(planned)+len(b.present))
	reasons := make([]string, len(b.demands))
	for i, plan := range planned {
		switch plan.Outcome {
		case election.Full, election.Shrunk:
			committee, err := k.drawnCommittee(b, b.demands[i], plan)
			if err != nil {
				return nil, err
			}
			elected = append(elected, committee)
		case election.Nobody:
			k.emit(ctx, &types.EventStepFailed{
				Era: b.era.Number, Step: fmt.Sprintf("%s of contract %d", stepElect, plan.Contract), Error: plan.Reason,
			})
		default:
			reasons[i] = plan.Reason
		}
	}
	for _, committee := range b.present {
		reason := reasonNoDemand
		if i := demandIndex(b.demands, committee.Contract); i >= 0 {
			if reason = reasons[i]; reason == "" {
				continue // elected
			}
		}
		elected = append(elected, incumbents(committee, b.era, reason))
	}
	return k.setElected(ctx, elected)
}

func (k Keeper) drawnCommittee(b ballot, demand types.Demand, plan election.Planned) (types.Committee, error) {
	committee := types.Committee{
		Contract: demand.Contract, Era: b.era.Number, ChainId: demand.ChainId, Threshold: plan.Threshold,
		Origin: types.COMMITTEE_ORIGIN_ELECTED, Reason: plan.Reason,
	}
	if plan.Outcome == election.Shrunk {
		committee.Origin = types.COMMITTEE_ORIGIN_SHRUNK
	}
	var err error
	if committee.Members, err = k.drawnMembers(b, demand, plan.Members); err != nil {
		return committee, err
	}
	committee.Standbys, err = k.drawnMembers(b, demand, plan.Standbys)
	return committee, err
}

func (k Keeper) drawnMembers(b ballot, demand types.Demand, drawn []int) ([]types.Member, error) {
	members := make([]types.Member, len(drawn))
	for i, index := range drawn {
		raw := b.frozen.operator(index)
		operator, err := k.operator(raw)
		if err != nil {
			return nil, err
		}
		// Only candidates with a key for the chain are drawn.
		members[i] = types.Member{
			Operator: operator, Signer: b.frozen.signer(index, demand.ChainId), Weight: b.frozen.weight(index),
			Height: b.begun,
		}
	}
	return members, nil
}

// incumbents returns a committee that serves one more era.
func incumbents(committee types.Committee, era types.Era, reason string) types.Committee {
	committee.Era, committee.Origin, committee.Reason = era.Number, types.COMMITTEE_ORIGIN_INCUMBENT, reason
	return committee
}

// keepIncumbents has every present committee serve one more era. That of a contract that asked for no election is kept unchanged, as with
// an election: its vault can't change.
func (k Keeper) keepIncumbents(ctx context.Context, era types.Era, reason string) ([]uint64, error) {
	committees, err := k.PresentCommittees(ctx)
	if err != nil {
		return nil, err
	}
	demands, err := k.demandsOf(ctx, era.Number-1)
	if err != nil {
		return nil, err
	}
	for i, committee := range committees {
		why := reason
		if demandIndex(demands, committee.Contract) < 0 {
			why = reasonNoDemand
		}
		committees[i] = incumbents(committee, era, why)
	}
	return k.setElected(ctx, committees)
}

// demandsOf are those that were frozen in an era, or that would be now where nothing was.
func (k Keeper) demandsOf(ctx context.Context, era uint64) ([]types.Demand, error) {
	freeze, found, err := maybe(ctx, k.Freezes, era)
	if err != nil || found {
		return freeze.Demands, err
	}
	return k.hooks.Demands(ctx)
}

// setElected replaces what is elected and returns the contracts in order of id.
func (k Keeper) setElected(ctx context.Context, committees []types.Committee) ([]uint64, error) {
	if err := k.Elected.Clear(ctx, nil); err != nil {
		return nil, err
	}
	for _, committee := range committees {
		if err := k.Elected.Set(ctx, committee.Contract, committee); err != nil {
			return nil, err
		}
	}
	iterator, err := k.Elected.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Keys()
}
