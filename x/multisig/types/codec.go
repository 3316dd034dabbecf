package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterLegacyAminoCodec registers the module's messages for amino-JSON signing (Ledger and multisig accounts).
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgSubmitSignatures{}, "stafi/multisig/MsgSubmitSignatures")
	legacy.RegisterAminoMsg(cdc, &MsgReportRogueSignature{}, "stafi/multisig/MsgReportRogue")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "stafi/multisig/MsgUpdateParams")
	cdc.RegisterConcrete(&Params{}, "stafi/multisig/Params", nil)
}

// RegisterInterfaces registers the module's messages and their service.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgSubmitSignatures{}, &MsgReportRogueSignature{}, &MsgUpdateParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
