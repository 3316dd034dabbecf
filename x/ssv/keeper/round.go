package keeper

import (
	"context"
	"fmt"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/slots"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// dealer is one of a round with its raw address, by which it is stored.
type dealer struct {
	raw sdk.ValAddress
	types.Dealer
}

// openRound opens the round of an era whose pool was just frozen (protocol §3, steps 1 and 2), or says in the round's record why there is
// none. The first era's is not opened where genesis named its seed. The heaviest candidates are dropped from the freeze.
func (k Keeper) openRound(ctx context.Context, freeze types.Freeze, params types.Params) error {
	heaviest := freeze.Heaviest
	freeze.Heaviest = nil
	first, named, err := maybeItem(ctx, k.FirstSeed)
	if err != nil {
		return err
	}
	if named = named && freeze.Era == firstEra; named {
		freeze.Seed = first
	}
	if err := k.Freezes.Set(ctx, freeze.Era, freeze); err != nil || named {
		return err
	}
	round, dealers, err := k.newRound(ctx, freeze, heaviest, params)
	if err != nil {
		return err
	}
	if err := k.setDealers(ctx, round.Era, dealers); err != nil {
		return err
	}
	return k.setRound(ctx, round)
}

// newRound returns the round with its dealers in order of operator, or a failed one without dealers.
func (k Keeper) newRound(
	ctx context.Context, freeze types.Freeze, heaviest []types.DealerCandidate, params types.Params,
) (types.Round, []dealer, error) {
	block := sdk.UnwrapSDKContext(ctx)
	round := types.Round{
		Era: freeze.Era, Status: types.ROUND_STATUS_DEAL, FreezeHeight: block.BlockHeight(), DealEnd: block.BlockHeight() + int64(params.DealBlocks),
		MaxDealingsPerBlock: params.MaxDealingsPerBlock, ChainId: block.ChainID(), Anchor: block.HeaderHash(),
	}
	dealers, err := k.chooseDealers(heaviest[:min(len(heaviest), int(params.BeaconSize))], freeze.PoolWeight)
	if err != nil {
		return round, nil, err
	}
	if len(dealers) < slots.MinDealers {
		round.Status = types.ROUND_STATUS_FAILED
		round.Reason = fmt.Sprintf("%d candidates with a beacon key that is an era old would deal, want at least %d", len(dealers), slots.MinDealers)
		return round, nil, nil
	}
	count := slots.Count(len(dealers))
	threshold := slots.Threshold(count)
	allotSlots(dealers, count)
	if round.Reason = concentrated(dealers, count, threshold, freeze.PoolWeight, params); round.Reason != "" {
		round.Status = types.ROUND_STATUS_FAILED
		return round, nil, nil
	}
	round.Slots, round.Threshold = uint32(count), uint32(threshold)
	return round, dealers, nil
}

// concentrated says why too few could know or choose a round's seed, empty if they can't: one dealer that owns the threshold's slots could
// alone, and where the dealers hold little of the pool a third of their slots costs little (protocol §3, step 1).
func concentrated(dealers []dealer, count, threshold int, poolWeight uint64, params types.Params) string {
	held := math.ZeroInt()
	for _, dealer := range dealers {
		if int(dealer.Slots) >= threshold {
			return fmt.Sprintf("%s alone would own %d of %d slots, want fewer than %d", dealer.Operator, dealer.Slots, count, threshold)
		}
		held = held.Add(math.NewIntFromUint64(dealer.Weight))
	}
	if want := params.MinBeaconShare.MulInt(math.NewIntFromUint64(poolWeight)); math.LegacyNewDecFromInt(held).LT(want) {
		return fmt.Sprintf("%d dealers hold %s of the pool's weight %d, want at least %s of it", len(dealers), held, poolWeight, params.MinBeaconShare)
	}
	return ""
}

// chooseDealers returns the heaviest candidates, in order of operator, that hold 0.9 of the pool's weight.
func (k Keeper) chooseDealers(heaviest []types.DealerCandidate, poolWeight uint64) ([]dealer, error) {
	weights := make([]uint64, len(heaviest))
	for i, candidate := range heaviest {
		weights[i] = candidate.Weight
	}
	chosen := slices.Clone(heaviest[:slots.Dealers(weights, poolWeight)])
	slices.SortFunc(chosen, func(a, b types.DealerCandidate) int { return slices.Compare(a.Operator, b.Operator) })
	dealers := make([]dealer, len(chosen))
	for i, candidate := range chosen {
		operator, err := k.operator(candidate.Operator)
		if err != nil {
			return nil, err
		}
		dealers[i] = dealer{candidate.Operator, types.Dealer{
			Operator: operator, BeaconKey: candidate.BeaconKey, Weight: candidate.Weight, Status: types.DEALER_STATUS_AWAITED,
		}}
	}
	return dealers, nil
}

// allotSlots gives each dealer its slots, contiguous and in order.
func allotSlots(dealers []dealer, count int) {
	weights := make([]uint64, len(dealers))
	for i := range dealers {
		weights[i] = dealers[i].Weight
	}
	next := uint32(1)
	for i, owned := range slots.Allot(weights, count) {
		dealers[i].FirstSlot, dealers[i].Slots = next, uint32(owned)
		next += uint32(owned)
	}
}

func (k Keeper) setDealers(ctx context.Context, era uint64, dealers []dealer) error {
	for _, dealer := range dealers {
		if err := k.setDealer(ctx, era, dealer); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) setDealer(ctx context.Context, era uint64, dealer dealer) error {
	return k.Dealers.Set(ctx, collections.Join(era, dealer.raw), dealer.Dealer)
}

// setRound writes a round whose status has changed and says so in an event.
func (k Keeper) setRound(ctx context.Context, round types.Round) error {
	k.emit(ctx, &types.EventRound{Era: round.Era, Status: round.Status, Reason: round.Reason, Seed: round.Seed})
	return k.Rounds.Set(ctx, round.Era, round)
}

// dealersOf returns the dealers of an era's round in order of operator: at most 64.
func (k Keeper) dealersOf(ctx context.Context, era uint64) ([]dealer, error) {
	iterator, err := k.Dealers.Iterate(ctx, collections.NewPrefixedPairRange[uint64, sdk.ValAddress](era))
	if err != nil {
		return nil, err
	}
	stored, err := iterator.KeyValues()
	if err != nil {
		return nil, err
	}
	dealers := make([]dealer, len(stored))
	for i, entry := range stored {
		dealers[i] = dealer{entry.Key.K2(), entry.Value}
	}
	return dealers, nil
}

// proofContext is what the proofs of a round are made for; dealers are all of the round's.
func proofContext(ctx context.Context, round types.Round, dealers []dealer) (*pvss.Round, error) {
	plain := make([]types.Dealer, len(dealers))
	for i := range dealers {
		plain[i] = dealers[i].Dealer
	}
	return round.Context(sdk.UnwrapSDKContext(ctx).ChainID(), plain)
}

func (k Keeper) roundRuns(ctx context.Context, era types.Era) (bool, error) {
	round, found, err := maybe(ctx, k.Rounds, era.Number)
	return found && round.Running(), err
}

// advanceRound does the work of the current era's round that is due at a block's end: at most max_dealings_per_block dealings are verified
// or as many secrets rebuilt.
func (k Keeper) advanceRound(ctx context.Context, era types.Era) error {
	round, found, err := maybe(ctx, k.Rounds, era.Number)
	if err != nil || !found || !round.Running() {
		return err
	}
	dealers, err := k.dealersOf(ctx, era.Number)
	if err != nil {
		return err
	}
	if round.Status == types.ROUND_STATUS_DEAL {
		return k.advanceDeal(ctx, round, dealers)
	}
	return k.advanceReveal(ctx, round, dealers)
}

// finish gives the election its seed: of the secrets of all accepted dealings in order of operator (protocol §3, step 5).
func (k Keeper) finish(ctx context.Context, round types.Round, dealers []dealer) error {
	var elements []pvss.Element
	for _, dealer := range dealers {
		if !dealer.Known() {
			continue
		}
		element, err := pvss.ParseElement(dealer.Element)
		if err != nil {
			return err
		}
		elements = append(elements, element)
	}
	seed := pvss.Seed(sdk.UnwrapSDKContext(ctx).ChainID(), round.Era, elements)
	freeze, err := k.Freezes.Get(ctx, round.Era)
	if err != nil {
		return err
	}
	freeze.Seed = seed[:]
	if err := k.Freezes.Set(ctx, round.Era, freeze); err != nil {
		return err
	}
	round.Status, round.Seed = types.ROUND_STATUS_DONE, seed[:]
	return k.endRound(ctx, round)
}

// fail ends a round without a seed: incumbents serve on (protocol §3, step 6).
func (k Keeper) fail(ctx context.Context, round types.Round, reason string) error {
	round.Status, round.Reason = types.ROUND_STATUS_FAILED, reason
	return k.endRound(ctx, round)
}

// endRound leaves the dealings and decryptions of a round to pruning; its record and its dealers stay with the era's history.
func (k Keeper) endRound(ctx context.Context, round types.Round) error {
	if err := k.EndedRounds.Set(ctx, round.Era); err != nil {
		return err
	}
	if err := k.markChore(ctx, choreRounds); err != nil {
		return err
	}
	return k.setRound(ctx, round)
}

// overtake fails a round that runs when its era ends. The seed that genesis named is worth nothing after the first era: everyone knows it.
func (k Keeper) overtake(ctx context.Context, era types.Era) error {
	if era.Number == firstEra {
		if err := k.FirstSeed.Remove(ctx); err != nil {
			return err
		}
	}
	round, found, err := maybe(ctx, k.Rounds, era.Number)
	if err != nil || !found || !round.Running() {
		return err
	}
	awaited := "every dealing was verified"
	if round.Status == types.ROUND_STATUS_REVEAL {
		awaited = "every secret was known"
	}
	return k.fail(ctx, round, "the era ended before "+awaited)
}

// reasonOfNoSeed says why an era has no seed.
func (k Keeper) reasonOfNoSeed(ctx context.Context, era uint64) (string, error) {
	round, found, err := maybe(ctx, k.Rounds, era)
	if err != nil {
		return "", err
	}
	if !found {
		return "there was no seed: no round was opened", nil
	}
	return "there was no seed: " + round.Reason, nil
}
