package ssv_test

import (
	"testing"

	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cosmossdk.io/api/amino"
	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	msgv1 "cosmossdk.io/api/cosmos/msg/v1"

	"github.com/stafiprotocol/stafid/x/ssv"
	"github.com/stafiprotocol/stafid/x/ssv/client/cli"
	"github.com/stafiprotocol/stafid/x/ssv/types"
)

func service(t *testing.T, name string) protoreflect.ServiceDescriptor {
	t.Helper()
	files, err := gogoproto.MergedRegistry()
	require.NoError(t, err)
	descriptor, err := files.FindDescriptorByName(protoreflect.FullName(name))
	require.NoError(t, err)
	return descriptor.(protoreflect.ServiceDescriptor)
}

func TestEveryMessageAndQueryHasACommandAndNoSignerIsPositional(t *testing.T) {
	options := ssv.AppModule{}.AutoCLIOptions()
	byHand := map[string]bool{}
	for _, command := range cli.NewTxCmd().Commands() {
		byHand[command.Name()] = true
	}
	for _, commands := range []*autocliv1.ServiceCommandDescriptor{options.Query, options.Tx} {
		described := map[string]*autocliv1.RpcCommandOptions{}
		for _, command := range commands.RpcCommandOptions {
			described[command.RpcMethod] = command
		}
		methods := service(t, commands.Service).Methods()
		require.Len(t, described, methods.Len())
		for i := range methods.Len() {
			command := described[string(methods.Get(i).Name())]
			require.NotNil(t, command, methods.Get(i).Name())
			signers, _ := proto.GetExtension(methods.Get(i).Input().Options(), msgv1.E_Signer).([]string)
			for _, argument := range command.PositionalArgs {
				require.NotContains(t, signers, argument.ProtoField)
				require.NotNil(t, methods.Get(i).Input().Fields().ByName(protoreflect.Name(argument.ProtoField)), argument.ProtoField)
			}
		}
	}
	require.True(t, byHand["register-candidate"])
	require.True(t, byHand["update-candidate"])
}

func TestEveryMessageHasASignerAndAnAminoName(t *testing.T) {
	methods := service(t, types.Msg_serviceDesc.ServiceName).Methods()
	for i := range methods.Len() {
		input := methods.Get(i).Input()
		require.NotEmpty(t, proto.GetExtension(input.Options(), msgv1.E_Signer), input.Name())
		require.Equal(t, "stafi/ssv/"+string(input.Name()), proto.GetExtension(input.Options(), amino.E_Name))
	}
}
