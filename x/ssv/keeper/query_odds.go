package keeper

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/stafiprotocol/stafid/x/ssv/odds"
	"github.com/stafiprotocol/stafid/x/ssv/pool"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Bounds of what a node computes for one query of odds.
const (
	// maxOddsCandidates in the pool, and maxOddsPlaces candidates times contracts.
	maxOddsCandidates = 10_000
	maxOddsPlaces     = 250_000
	// Elections are simulated, where they have to be, until oddsDraws candidates were looked at, from minOddsSamples to maxOddsSamples.
	oddsDraws      = 10_000_000
	minOddsSamples = 500
	maxOddsSamples = 10_000
	// oddsDecimals of chances and shares.
	oddsDecimals = 9
)

// Odds returns the chances of the candidates in the election at the current era's end, by the pool frozen for it or, before there is one,
// by what would be frozen now, and how hard each contract's committee is to capture. ResourceExhausted names the bound that a pool exceeds.
func (s queryServer) Odds(ctx context.Context, request *types.QueryOddsRequest) (*types.QueryOddsResponse, error) {
	era, err := s.k.CurrentEra(ctx)
	if err != nil {
		return nil, err
	}
	freeze, frozen, isFrozen, err := s.k.comingPool(ctx, era)
	if err != nil {
		return nil, err
	}
	if err := checkOdds(frozen.count, len(freeze.Demands)); err != nil {
		return nil, err
	}
	coming := types.Era{Number: era.Number + 1}
	ballot, err := s.k.newBallot(ctx, coming, freeze, frozen)
	if err != nil {
		return nil, err
	}
	samples := min(max(oddsDraws/(frozen.count+1), minOddsSamples), maxOddsSamples)
	forecast, err := odds.ForElection(ctx, ballot.input, samples)
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	response := &types.QueryOddsResponse{
		Era: coming.Number, Frozen: isFrozen, Method: method(forecast, samples), Captures: captures(freeze.Demands, forecast),
	}
	return response, s.k.setCandidateOdds(response, request, ballot, forecast)
}

func checkOdds(candidates, contracts int) error {
	if candidates > maxOddsCandidates {
		return status.Errorf(codes.ResourceExhausted, "the pool has %d candidates, odds are computed for at most %d", candidates, maxOddsCandidates)
	}
	if candidates*contracts > maxOddsPlaces {
		return status.Errorf(codes.ResourceExhausted, "the pool has %d candidates for %d contracts, odds are computed for a product of at most %d",
			candidates, contracts, maxOddsPlaces)
	}
	return nil
}

// comingPool returns the pool of the election at the era's end, and whether it is frozen.
func (k Keeper) comingPool(ctx context.Context, era types.Era) (types.Freeze, frozenPool, bool, error) {
	freeze, found, err := maybe(ctx, k.Freezes, era.Number)
	if err != nil {
		return freeze, frozenPool{}, false, err
	}
	if found && freeze.Status == types.FREEZE_STATUS_DONE {
		frozen, err := k.frozenPool(ctx, freeze)
		return freeze, frozen, true, err
	}
	freeze, frozen, err := k.poolNow(ctx, era)
	return freeze, frozen, false, err
}

// poolNow is what would be frozen now, by the code of the freeze.
func (k Keeper) poolNow(ctx context.Context, era types.Era) (types.Freeze, frozenPool, error) {
	ctx, _ = sdk.UnwrapSDKContext(ctx).CacheContext()
	params, err := k.GetParams(ctx)
	if err != nil {
		return types.Freeze{}, frozenPool{}, err
	}
	demands, err := k.hooks.Demands(ctx)
	if err != nil {
		return types.Freeze{}, frozenPool{}, err
	}
	freeze := types.Freeze{Era: era.Number, Begun: sdk.UnwrapSDKContext(ctx).BlockHeight(), Demands: k.validDemands(ctx, era, params, demands)}
	t, err := k.newTally(ctx, freeze, params)
	if err != nil {
		return freeze, frozenPool{}, err
	}
	t.top = nil
	errTooMany := status.Errorf(codes.ResourceExhausted, "the pool has more than %d candidates, for which odds are computed", maxOddsCandidates)
	_, err = k.scanAfter(ctx, freeze, maxOddsPlaces, func(s scanned) error {
		if len(t.rows) > maxOddsCandidates {
			return errTooMany
		}
		return k.judge(ctx, t, s)
	})
	if err != nil {
		return freeze, frozenPool{}, err
	}
	frozen := frozenPool{chains: t.chains}
	for rows := range slices.Chunk(t.rows, pool.PageSize) {
		packed, err := pool.Pack(rows, len(t.chains))
		if err != nil {
			return freeze, frozen, err
		}
		if err := frozen.add(packed); err != nil {
			return freeze, frozen, err
		}
	}
	return t.freeze, frozen, nil
}

// setCandidateOdds adds the candidates that the request asks for.
func (k Keeper) setCandidateOdds(response *types.QueryOddsResponse, request *types.QueryOddsRequest, b ballot, forecast odds.Forecast) error {
	span, err := k.oddsSpan(request, b.frozen)
	if err != nil {
		return err
	}
	for _, i := range span.indices {
		candidate, err := k.candidateOdds(b, forecast, i)
		if err != nil {
			return err
		}
		response.Candidates = append(response.Candidates, candidate)
	}
	response.Pagination = &query.PageResponse{Total: span.total}
	if span.next >= 0 {
		response.Pagination.NextKey = b.frozen.operator(span.next)
	}
	return nil
}

func (k Keeper) oddsSpan(request *types.QueryOddsRequest, frozen frozenPool) (span, error) {
	if request.Operator == "" {
		return newSpan(request.Pagination, frozen.count, frozen.find)
	}
	operator, err := k.rawOperator(request.Operator)
	if err != nil {
		return span{}, status.Error(codes.InvalidArgument, err.Error())
	}
	i := frozen.find(operator)
	if i == frozen.count || !slices.Equal(frozen.operator(i), operator) {
		return span{}, status.Error(codes.NotFound, types.ErrCandidateNotFound.Wrapf("%s is not in the pool: see which criteria it meets", request.Operator).Error())
	}
	return span{indices: []int{i}, next: -1}, nil
}

func (k Keeper) candidateOdds(b ballot, forecast odds.Forecast, i int) (types.CandidateOdds, error) {
	operator, err := k.operator(b.frozen.operator(i))
	chances := forecast.Candidates[i]
	candidate := types.CandidateOdds{
		Operator: operator, Weight: b.frozen.weight(i), Share: fraction(chances.Share), Resting: chances.Resting,
		Chance: fraction(chances.AnySeat.Chance),
	}
	for demand, estimate := range chances.ByContract {
		candidate.Seats = append(candidate.Seats, types.SeatOdds{
			Contract: b.demands[demand].Contract, Chance: fraction(estimate.Chance),
		})
	}
	return candidate, err
}

func fraction(x float64) string { return strconv.FormatFloat(x, 'f', oddsDecimals, 64) }

// method says how each contract's chances were found, and of those that were counted how far off one may be.
func method(forecast odds.Forecast, samples int) string {
	var words []string
	for i, contract := range forecast.Contracts {
		if contract.Method == odds.ClosedForm {
			words = append(words, fmt.Sprintf("contract %d: closed form", contract.ID))
			continue
		}
		worst := 0.0
		for _, candidate := range forecast.Candidates {
			worst = max(worst, candidate.ByContract[i].StdErr)
		}
		words = append(words, fmt.Sprintf("contract %d: %d simulated elections, standard error at most %s", contract.ID, samples, fraction(worst)))
	}
	return strings.Join(words, "; ")
}

func captures(demands []types.Demand, forecast odds.Forecast) []types.CaptureOdds {
	var captures []types.CaptureOdds
	for i, contract := range forecast.Contracts {
		for _, safety := range contract.Safety {
			captures = append(captures, types.CaptureOdds{
				Contract: contract.ID, Size_: demands[i].Size_, Threshold: demands[i].Threshold,
				Coalition: fmt.Sprintf("%d/%d", safety.Coalition.Num, safety.Coalition.Den), Chance: safety.Chance.String(),
				SizeFor_1E6: safety.LeastSizes[0], SizeFor_1E9: safety.LeastSizes[1],
			})
		}
	}
	return captures
}
