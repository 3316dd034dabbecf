package payout_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/payout"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

func redemption(id uint64, amount int64, maxBatch uint32) types.Redemption {
	return types.Redemption{
		Id: id, Place: id, Amount: math.NewInt(amount), Fee: math.ZeroInt(), Paid: math.ZeroInt(), InFlight: math.ZeroInt(), MaxBatch: maxBatch,
	}
}

func bounds(outputs uint32, limit, balance, reserve int64) payout.Bounds {
	b := payout.Bounds{
		MaxOutputs: outputs, Balance: math.NewInt(balance), Reserve: math.NewInt(reserve), LeastPart: math.NewInt(10), LeastRest: math.NewInt(7),
		Fee: func(n uint32) math.Int { return math.NewInt(5 + int64(n)) },
	}
	if limit >= 0 {
		c := math.NewInt(limit)
		b.Cap = &c
	}
	return b
}

func ids(plan payout.Plan) []uint64 {
	var out []uint64
	for _, item := range plan.Items {
		out = append(out, item.Redemption)
	}
	return out
}

func TestABatchTakesTheOldestThatFit(t *testing.T) {
	queue := []types.Redemption{redemption(3, 50, 0), redemption(1, 60, 0), redemption(2, 70, 0)}
	for _, c := range []struct {
		name   string
		bounds payout.Bounds
		items  []uint64
		total  int64
		reason string
	}{
		{"everything, in order of id", bounds(5, -1, 1_000, 100), []uint64{1, 2, 3}, 180, ""},
		{"as many outputs as allowed", bounds(2, -1, 1_000, 100), []uint64{1, 3}, 110, ""},
		{"as many outputs as the reserve affords", bounds(5, -1, 1_000, 6), []uint64{3}, 50, ""},
		{"nothing without a reserve", bounds(5, -1, 1_000, 5), nil, 0, "the fee reserve doesn't cover the fee"},
		{"the last one in part up to the cap", bounds(5, 125, 1_000, 100), []uint64{1, 2, 3}, 125, ""},
		{"no part below the least", bounds(5, 119, 1_000, 100), []uint64{1, 3}, 110, ""},
		{"nothing at the cap", bounds(5, 0, 1_000, 100), nil, 0, "the era's outflow cap is reached"},
		{"no more than the vault holds beside the fee", bounds(5, -1, 70, 100), []uint64{1, 3}, 60, ""},
		{"nothing from an empty vault", bounds(5, -1, 8, 100), nil, 0, "the vault holds too little until other vaults are swept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, reason := payout.Make(queue, c.bounds)
			require.Equal(t, c.reason, reason)
			require.Equal(t, c.items, ids(plan))
			if c.items != nil {
				require.Equal(t, c.total, plan.Total.Int64())
				require.Equal(t, int64(5+len(c.items)), plan.Fee.Int64())
			}
		})
	}
}

func TestRedemptionsOfFailedBatchesGoTogetherWithinTheLeastBound(t *testing.T) {
	for _, c := range []struct {
		name  string
		queue []types.Redemption
		items []uint64
	}{
		{"the first decides: failed ones", []types.Redemption{redemption(1, 9, 2), redemption(2, 9, 0), redemption(3, 9, 5), redemption(4, 9, 5)}, []uint64{1, 3}},
		{"the first decides: fresh ones", []types.Redemption{redemption(1, 9, 0), redemption(2, 9, 1), redemption(3, 9, 0)}, []uint64{1, 3}},
		{"one that must stand alone", []types.Redemption{redemption(1, 9, 1), redemption(2, 9, 5)}, []uint64{1}},
		{"a stricter one ends the batch before it", []types.Redemption{redemption(1, 9, 5), redemption(2, 9, 5), redemption(3, 9, 2), redemption(4, 9, 5)}, []uint64{1, 2}},
	} {
		plan, _ := payout.Make(c.queue, bounds(10, -1, 1_000, 100))
		require.Equal(t, c.items, ids(plan), c.name)
	}
}

func TestAPlanNeverExceedsABound(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var queue []types.Redemption
		for id := range rapid.IntRange(0, 12).Draw(r, "queue") {
			queue = append(queue, redemption(uint64(id+1), rapid.Int64Range(1, 100).Draw(r, "amount"), rapid.Uint32Range(0, 4).Draw(r, "max batch")))
		}
		b := bounds(rapid.Uint32Range(1, 8).Draw(r, "outputs"), rapid.Int64Range(-1, 400).Draw(r, "cap"),
			rapid.Int64Range(0, 500).Draw(r, "balance"), rapid.Int64Range(0, 20).Draw(r, "reserve"))
		plan, reason := payout.Make(queue, b)
		if len(queue) > 0 {
			require.Equal(r, len(plan.Items) == 0, reason != "")
		}
		if len(plan.Items) == 0 {
			return
		}
		n, total, parts := uint32(len(plan.Items)), math.ZeroInt(), 0
		for i, item := range plan.Items {
			due := queue[item.Redemption-1]
			total = total.Add(item.Amount)
			require.True(r, item.Amount.IsPositive() && item.Amount.LTE(due.Amount))
			require.True(r, i == 0 || item.Redemption > plan.Items[i-1].Redemption)
			require.True(r, due.MaxBatch == 0 || n <= due.MaxBatch, "a batch of %d with one bound to %d", n, due.MaxBatch)
			require.Equal(r, due.MaxBatch > 0, queue[plan.Items[0].Redemption-1].MaxBatch > 0)
			if item.Amount.LT(due.Amount) {
				parts++
			}
		}
		require.LessOrEqual(r, parts, 1)
		require.LessOrEqual(r, n, b.MaxOutputs)
		require.Equal(r, plan.Total.String(), total.String())
		require.True(r, plan.Fee.LTE(b.Reserve))
		require.True(r, total.Add(plan.Fee).LTE(b.Balance))
		require.True(r, b.Cap == nil || total.LTE(*b.Cap))
	})
}

func TestWhatFollowsFromAFailedBatch(t *testing.T) {
	failed := func(event types.ExecutionEvent, n int, boost uint32) payout.Failed {
		return payout.Failed{Event: event, N: n, Boost: boost, Doubtful: true}
	}
	doubted := failed(types.ExecutionEvent{Code: 5}, 10, 0)
	doubted.Doubted = true
	alone := doubted
	alone.N = 1
	safe := func(code uint32, n int) payout.Failed {
		return payout.Failed{Event: types.ExecutionEvent{Code: code}, N: n}
	}
	for _, c := range []struct {
		name    string
		failed  payout.Failed
		verdict payout.Verdict
	}{
		{"one of ten can't be paid", failed(types.ExecutionEvent{Code: 4}, 10, 0), payout.Halve},
		{"alone it can't be paid", failed(types.ExecutionEvent{Code: 4}, 1, 0), payout.Refuse},
		{"out of gas", failed(types.ExecutionEvent{Code: 11, OutOfGas: true}, 10, 0), payout.Boost},
		{"a code of some module that is out of gas in the SDK's, with gas left", failed(types.ExecutionEvent{Code: 11}, 1, 250), payout.Refuse},
		{"out of gas at the greatest boost", failed(types.ExecutionEvent{Code: 11, OutOfGas: true}, 10, 300), payout.Halve},
		{"alone at the greatest boost", failed(types.ExecutionEvent{Code: 11, OutOfGas: true}, 1, 300), payout.Excuse},
		{"the vault may have too little", failed(types.ExecutionEvent{Code: 5}, 10, 0), payout.Doubt},
		{"the vault may have too little for one", failed(types.ExecutionEvent{Code: 5}, 1, 0), payout.Doubt},
		{"it fails again", doubted, payout.Halve},
		{"it fails again alone", alone, payout.Refuse},
		{"a Safe has too little", safe(payout.CodeInsufficientFunds, 10), payout.Stop},
		{"a Safe can't pay one of ten", safe(payout.CodeFailed, 10), payout.Halve},
		{"a Safe can't pay it alone", safe(payout.CodeFailed, 1), payout.Refuse},
	} {
		require.Equal(t, c.verdict, payout.Judge(c.failed), c.name)
	}
}

func TestTheFiguresOfTheReadme(t *testing.T) {
	chain := types.CosmosChain{GasPrice: math.LegacyMustNewDecFromStr("0.0125"), GasBase: 100_000, GasPerSignature: 10_000, GasPerOutput: 20_000}
	require.Equal(t, uint64(340_000), chain.Gas(4, 10, 0))
	require.Equal(t, int64(4_250), chain.Fee(chain.Gas(4, 10, 0)).Int64())
	require.Equal(t, uint64(510_000), chain.Gas(4, 10, 50))
	require.Equal(t, int64(6_375), chain.Fee(chain.Gas(4, 10, 50)).Int64())
	require.Equal(t, int64(2_001), chain.Fee(160_001).Int64(), "rounded up")
	require.Equal(t, uint32(5), payout.Halved(10))
	require.Equal(t, uint32(2), payout.Halved(5))
	require.Equal(t, uint32(1), payout.Halved(2))
	require.Equal(t, uint32(1), payout.Halved(1))
	quarter := math.LegacyMustNewDecFromStr("0.25")
	require.Equal(t, int64(250_000), payout.Cap(math.NewInt(1_000_003), quarter, math.NewInt(50_000)).Int64(), "rounded down")
	require.Equal(t, int64(50_000), payout.Cap(math.NewInt(100_000), quarter, math.NewInt(50_000)).Int64())
}

func TestWhatASafesTransactionsMayCost(t *testing.T) {
	c := types.Contract{Kind: multisigtypes.CHAIN_KIND_ETHEREUM, Ethereum: &types.EthereumChain{GasPrice: math.NewInt(20_000_000_000)}}
	four, twentyOne := multisigtypes.Vault{Size_: 4, Threshold: 3}, multisigtypes.Vault{Size_: 21, Threshold: 15}
	ten := payout.PayoutCost(c, four, 10, 0)
	require.Equal(t, uint64(766_530), ten.Gas)
	require.Equal(t, ten, payout.PayoutCost(c, four, 10, 300), "a Safe's gas is always enough")
	require.Equal(t, "18084680000000000", ten.Fee.String())
	handover := payout.MoveCost(c, four, twentyOne, 0)
	require.Equal(t, uint64(1_000_000), handover.Gas, "22 calls at most")
	require.Equal(t, handover.Gas, payout.MoveCost(c, twentyOne, four, 0).Gas)
	require.True(t, payout.MoveCost(c, twentyOne, four, 0).Fee.GT(handover.Fee), "fifteen sign instead of three")
}
