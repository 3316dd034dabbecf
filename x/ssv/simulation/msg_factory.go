package simulation

import (
	"context"
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/keeper"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// Chains are the original chains for which the candidates of a simulation register keys.
var Chains = []string{"sim-cosmos-1", "sim-cosmos-2"}

// MsgRegisterCandidateFactory registers a bonded validator that is no candidate.
func MsgRegisterCandidateFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterCandidate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterCandidate) {
		operator := anyBonded(ctx, data, reporter, k)
		if reporter.IsSkipped() {
			return nil, nil
		}
		text := operator.String()
		candidate, err := k.Candidates.Get(ctx, operator)
		if err == nil && !candidate.Resigned {
			reporter.Skip("registered already")
			return nil, nil
		}
		from := data.GetAccountbyAccAddr(reporter, sdk.AccAddress(operator))
		submitter := freeSubmitter(ctx, data, reporter, k, text)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgRegisterCandidate{
			Operator: text, Submitter: submitter, Chains: proofs(ctx, data.Rand(), text), Beacon: beaconProof(ctx, data.Rand(), text),
		}
	}
}

// MsgUpdateCandidateFactory gives a candidate new keys and another submitter.
func MsgUpdateCandidateFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateCandidate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateCandidate) {
		operator := anyCandidate(ctx, data, reporter, k)
		if reporter.IsSkipped() {
			return nil, nil
		}
		text := operator.String()
		from := data.GetAccountbyAccAddr(reporter, sdk.AccAddress(operator))
		submitter := freeSubmitter(ctx, data, reporter, k, text)
		if reporter.IsSkipped() {
			return nil, nil
		}
		return []simsx.SimAccount{from}, &types.MsgUpdateCandidate{
			Operator: text, Submitter: submitter, Chains: proofs(ctx, data.Rand(), text), Beacon: beaconProof(ctx, data.Rand(), text),
		}
	}
}

// MsgResignFactory has a candidate resign.
func MsgResignFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgResign] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgResign) {
		operator := anyCandidate(ctx, data, reporter, k)
		if reporter.IsSkipped() {
			return nil, nil
		}
		from := data.GetAccountbyAccAddr(reporter, sdk.AccAddress(operator))
		return []simsx.SimAccount{from}, &types.MsgResign{Operator: operator.String()}
	}
}

// MsgHeartbeatFactory sends a candidate's heartbeat.
func MsgHeartbeatFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgHeartbeat] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgHeartbeat) {
		operator := anyCandidate(ctx, data, reporter, k)
		if reporter.IsSkipped() {
			return nil, nil
		}
		submitter, err := k.SubmitterOf.Get(ctx, operator)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		from := data.GetAccountbyAccAddr(reporter, submitter)
		return []simsx.SimAccount{from}, &types.MsgHeartbeat{
			Submitter: from.AddressBech32, Version: "sim",
			Chains: []types.ChainHead{{ChainId: Chains[0], Height: uint64(data.Rand().IntInRange(1, 1000)), Hash: make([]byte, 32)}},
		}
	}
}

// MsgUpdateParamsFactory proposes other parameters within those of RandomizedGenState.
func MsgUpdateParamsFactory(k *keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		params, err := k.GetParams(ctx)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		params.MinProducers = uint32(data.Rand().IntInRange(1, 5))
		params.HeartbeatInterval = uint64(data.Rand().IntInRange(1, 10))
		params.MaxCandidatesPerBlock = uint32(data.Rand().IntInRange(1, 50))
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: params}
	}
}

// anyBonded returns a bonded validator's operator.
func anyBonded(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, k *keeper.Keeper) sdk.ValAddress {
	var operators []sdk.ValAddress
	err := k.Tenures.Walk(ctx, nil, func(operator sdk.ValAddress, _ uint64) (bool, error) {
		bonded, err := k.IsBonded(ctx, operator)
		if bonded {
			operators = append(operators, operator)
		}
		return false, err
	})
	if err != nil || len(operators) == 0 {
		reporter.Skip("no bonded validators")
		return nil
	}
	return simsx.OneOf(data.Rand(), operators)
}

// anyCandidate returns one that has not resigned.
func anyCandidate(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, k *keeper.Keeper) sdk.ValAddress {
	var operators []sdk.ValAddress
	err := k.Candidates.Walk(ctx, nil, func(operator sdk.ValAddress, candidate types.Candidate) (bool, error) {
		if !candidate.Resigned {
			operators = append(operators, operator)
		}
		return false, nil
	})
	if err != nil || len(operators) == 0 {
		reporter.Skip("no candidates")
		return nil
	}
	return simsx.OneOf(data.Rand(), operators)
}

// freeSubmitter returns an account that submits for nobody or for the operator.
func freeSubmitter(
	ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, k *keeper.Keeper, operator string,
) string {
	account := data.AnyAccount(reporter, simsx.SimAccountFilterFn(func(account simsx.SimAccount) bool {
		holder, found, err := k.OperatorOf(ctx, account.Address)
		return err == nil && (!found || holder == operator)
	}))
	return account.AddressBech32
}

// proofs are an operator's for every chain, by one of a few keys of its own.
func proofs(ctx context.Context, r *simsx.XRand, operator string) []types.ChainKeyProof {
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	list := make([]types.ChainKeyProof, len(Chains))
	for i, chain := range Chains {
		signer := secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprint(operator, chain, r.Intn(3))))
		key := types.ChainKey{ChainId: chain, Signer: signer.PubKey().Bytes()}
		proof, err := signer.Sign(types.ProofBytes(chainID, operator, chain, key.Signer))
		if err != nil {
			panic(err)
		}
		list[i] = types.ChainKeyProof{Key: key, Proof: proof}
	}
	return list
}
