package e2e

import (
	"fmt"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// The libraries of the chain's own client read StaFi's addresses, and no other chain's.
func init() {
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(stafiPrefix, stafiPrefix+sdk.PrefixPublic)
	config.SetBech32PrefixForValidator(stafiPrefix+sdk.PrefixValidator+sdk.PrefixOperator, stafiPrefix+sdk.PrefixValidator+sdk.PrefixOperator+sdk.PrefixPublic)
}

// newCodec knows the messages of both chains that a life sends or reads.
func newCodec() *codec.ProtoCodec {
	registry := codectypes.NewInterfaceRegistry()
	for _, register := range []func(codectypes.InterfaceRegistry){
		std.RegisterInterfaces, authtypes.RegisterInterfaces, vestingtypes.RegisterInterfaces, authz.RegisterInterfaces,
		banktypes.RegisterInterfaces, govv1.RegisterInterfaces,
		ssvtypes.RegisterInterfaces, multisigtypes.RegisterInterfaces, contracttypes.RegisterInterfaces,
	} {
		register(registry)
	}
	return codec.NewProtoCodec(registry)
}

// decode reads a message from the JSON that command lines write.
func (c *Chain) decode(message Message) (sdk.Msg, error) {
	var decoded sdk.Msg
	if err := c.codec.UnmarshalInterfaceJSON(message, &decoded); err != nil {
		return nil, fmt.Errorf("message %s: %w", message, err)
	}
	return decoded, nil
}
