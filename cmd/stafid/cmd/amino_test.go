package cmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	protobuf "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cosmossdk.io/api/amino"
	msgv1 "cosmossdk.io/api/cosmos/msg/v1"
)

func signerField(t *testing.T, message protoreflect.MessageDescriptor) string {
	t.Helper()
	signers, _ := protobuf.GetExtension(message.Options(), msgv1.E_Signer).([]string)
	require.Len(t, signers, 1, "%s: want one signer", message.FullName())
	return signers[0]
}

func TestEveryMsgNamesItsSignerAndItsAminoName(t *testing.T) {
	names := map[string]protoreflect.FullName{}
	methods(t, func(_, kind string, method protoreflect.MethodDescriptor) {
		if kind != "tx" {
			return
		}
		message := method.Input()
		require.NotNil(t, message.Fields().ByName(protoreflect.Name(signerField(t, message))), "%s has no such field", message.FullName())

		name, _ := protobuf.GetExtension(message.Options(), amino.E_Name).(string)
		require.NotEmpty(t, name, "%s has no amino name", message.FullName())
		require.Less(t, len(name), 40, "%s: Ledger shows at most 39 characters", message.FullName())
		require.Empty(t, names[name], "%s and %s share an amino name", message.FullName(), names[name])
		names[name] = message.FullName()
	})
}
