package multisig_test

import (
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/codec"
	codectestutil "github.com/cosmos/cosmos-sdk/codec/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/stafiprotocol/stafid/x/multisig"
	"github.com/stafiprotocol/stafid/x/multisig/types"
)

func newCodec() *codec.ProtoCodec {
	registry := codectestutil.CodecOptions{AccAddressPrefix: "cosmos", ValAddressPrefix: "stafivaloper"}.NewInterfaceRegistry()
	multisig.AppModule{}.RegisterInterfaces(registry)
	return codec.NewProtoCodec(registry)
}

func TestEveryQueryAndMessageHasACommandAndNoSignerIsPositional(t *testing.T) {
	options := multisig.AppModule{}.AutoCLIOptions()
	commands := func(service *autocliv1.ServiceCommandDescriptor) map[string]*autocliv1.RpcCommandOptions {
		found := make(map[string]*autocliv1.RpcCommandOptions)
		for _, command := range service.RpcCommandOptions {
			require.NotEmpty(t, command.Use)
			require.NotEmpty(t, command.Short)
			found[command.RpcMethod] = command
		}
		return found
	}
	queries := commands(options.Query)
	require.Len(t, queries, len(types.Query_serviceDesc.Methods))
	for _, method := range types.Query_serviceDesc.Methods {
		require.Contains(t, queries, method.MethodName)
	}
	messages := commands(options.Tx)
	require.Len(t, messages, len(types.Msg_serviceDesc.Methods))
	for _, method := range types.Msg_serviceDesc.Methods {
		require.Contains(t, messages, method.MethodName)
		for _, arg := range messages[method.MethodName].PositionalArgs {
			require.NotContains(t, []string{"submitter", "authority"}, arg.ProtoField)
		}
	}
}

func TestEveryMessageHasItsAminoNameAndASigner(t *testing.T) {
	cdc, amino := newCodec(), codec.NewLegacyAmino()
	multisig.AppModule{}.RegisterLegacyAminoCodec(amino)
	sender := sdk.AccAddress(make([]byte, 20)).String()
	for name, msg := range map[string]sdk.Msg{
		"stafi/multisig/MsgSubmitSignatures": &types.MsgSubmitSignatures{Submitter: sender, Session: 1, Signatures: [][]byte{{1}}},
		"stafi/multisig/MsgUpdateParams":     &types.MsgUpdateParams{Authority: sender, Params: types.DefaultParams()},
	} {
		bz, err := amino.MarshalJSON(msg)
		require.NoError(t, err)
		var typed struct{ Type string }
		require.NoError(t, json.Unmarshal(bz, &typed))
		require.Equal(t, name, typed.Type)
		signers, _, err := cdc.GetMsgV1Signers(msg)
		require.NoError(t, err)
		require.Equal(t, [][]byte{make([]byte, 20)}, signers)
	}
}

func TestDefaultAndRandomGenesisAreValid(t *testing.T) {
	cdc := newCodec()
	m := multisig.AppModule{}
	require.NoError(t, m.ValidateGenesis(cdc, nil, m.DefaultGenesis(cdc)))
	require.ErrorContains(t, m.ValidateGenesis(cdc, nil, []byte(`{"params":`)), "genesis state of multisig")
	for seed := range int64(50) {
		state := &module.SimulationState{Cdc: cdc, Rand: rand.New(rand.NewSource(seed)), GenState: map[string]json.RawMessage{}}
		m.GenerateGenesisState(state)
		require.NoError(t, m.ValidateGenesis(cdc, nil, state.GenState[types.ModuleName]))
	}
}
