package simulation

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/pvss"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// beaconKeys is how many beacon keys of its own an operator of a simulation has.
const beaconKeys = 3

// BeaconKey is an operator's beacon key of that number, from 0 to 2.
func BeaconKey(operator string, number int) pvss.SecretKey {
	seed := sha256.Sum256([]byte(fmt.Sprint("beacon", operator, number)))
	key, err := pvss.NewSecretKey(seed[:])
	if err != nil {
		panic(err)
	}
	return key
}

// BeaconProof is a beacon key of an operator with its proof of possession on a chain.
func BeaconProof(chainID, operator string, number int) *types.BeaconKeyProof {
	key := BeaconKey(operator, number)
	proof, err := key.ProvePossession(chainID, operator)
	if err != nil {
		panic(err)
	}
	public := key.PublicKey()
	return &types.BeaconKeyProof{Key: public[:], Proof: proof[:]}
}

func beaconProof(ctx context.Context, r *simsx.XRand, operator string) *types.BeaconKeyProof {
	return BeaconProof(sdk.UnwrapSDKContext(ctx).ChainID(), operator, r.Intn(beaconKeys))
}

// MsgDealFactory has a dealer of the running round deal, now and then garbage, which is refused at the block's end.
func MsgDealFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeal] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeal) {
		turn := anyTurn(ctx, data, reporter, k, types.ROUND_STATUS_DEAL, types.DEALER_STATUS_AWAITED)
		if reporter.IsSkipped() {
			return nil, nil
		}
		dealing, err := pvss.Deal(turn.proofs, turn.dealer.Operator, turn.key)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		if data.Rand().Intn(10) == 0 {
			dealing[len(dealing)-1] ^= 1
		}
		return []simsx.SimAccount{turn.from}, &types.MsgDeal{Submitter: turn.from.AddressBech32, Era: turn.round.Era, Dealing: dealing}
	}
}

// MsgOpenFactory has a dealer of the running round open its secret.
func MsgOpenFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgOpen] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgOpen) {
		turn := anyTurn(ctx, data, reporter, k, types.ROUND_STATUS_REVEAL, types.DEALER_STATUS_DEALT)
		if reporter.IsSkipped() {
			return nil, nil
		}
		opening, err := pvss.OpenDealing(turn.proofs, turn.dealer.Operator, turn.key)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		return []simsx.SimAccount{turn.from}, &types.MsgOpen{Submitter: turn.from.AddressBech32, Era: turn.round.Era, Secret: opening.Bytes()}
	}
}

// turn is what a dealer may do now.
type turn struct {
	round  types.Round
	proofs *pvss.Round
	dealer types.Dealer
	key    pvss.SecretKey
	from   simsx.SimAccount
}

// anyTurn returns a dealer with that status of a round in that phase.
func anyTurn(
	ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, k *keeper.Keeper,
	phase types.RoundStatus, standing types.DealerStatus,
) turn {
	answer, err := keeper.NewQueryServer(k).Seed(ctx, &types.QuerySeedRequest{})
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err != nil || answer.Round.Status != phase || height > max(answer.Round.DealEnd, answer.Round.RevealEnd) {
		reporter.Skip("no round in that phase")
		return turn{}
	}
	var turns []turn
	for _, dealer := range answer.Dealers {
		if dealer.Status == standing && dealer.Refused < types.MaxRefusedDealings {
			turns = append(turns, turn{round: answer.Round, dealer: dealer})
		}
	}
	if len(turns) == 0 {
		reporter.Skip("no dealer has a turn")
		return turn{}
	}
	chosen := simsx.OneOf(data.Rand(), turns)
	if chosen.proofs, err = chosen.round.Context(answer.ChainId, answer.Dealers); err != nil {
		reporter.Skip(err.Error())
		return turn{}
	}
	return chosen.withKeys(ctx, data, reporter, k)
}

// withKeys finds the dealer's beacon key and its submitter.
func (t turn) withKeys(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, k *keeper.Keeper) turn {
	operator, err := sdk.ValAddressFromBech32(t.dealer.Operator)
	if err != nil {
		reporter.Skip(err.Error())
		return turn{}
	}
	submitter, err := k.SubmitterOf.Get(ctx, operator)
	if err != nil {
		reporter.Skip(err.Error())
		return turn{}
	}
	t.from = data.GetAccountbyAccAddr(reporter, submitter)
	for number := range beaconKeys {
		t.key = BeaconKey(t.dealer.Operator, number)
		if public := t.key.PublicKey(); string(public[:]) == string(t.dealer.BeaconKey) {
			return t
		}
	}
	reporter.Skip("the dealer's key is not one of the simulation's")
	return turn{}
}
