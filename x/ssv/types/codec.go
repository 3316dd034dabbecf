package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterLegacyAminoCodec registers the amino names of the module's messages, by which Ledgers and multisig accounts sign.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgRegisterCandidate{}, "stafi/ssv/MsgRegisterCandidate")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateCandidate{}, "stafi/ssv/MsgUpdateCandidate")
	legacy.RegisterAminoMsg(cdc, &MsgResign{}, "stafi/ssv/MsgResign")
	legacy.RegisterAminoMsg(cdc, &MsgHeartbeat{}, "stafi/ssv/MsgHeartbeat")
	legacy.RegisterAminoMsg(cdc, &MsgDeal{}, "stafi/ssv/MsgDeal")
	legacy.RegisterAminoMsg(cdc, &MsgOpen{}, "stafi/ssv/MsgOpen")
	legacy.RegisterAminoMsg(cdc, &MsgDecrypt{}, "stafi/ssv/MsgDecrypt")
	legacy.RegisterAminoMsg(cdc, &MsgSetEraShares{}, "stafi/ssv/MsgSetEraShares")
	legacy.RegisterAminoMsg(cdc, &MsgSpendTreasury{}, "stafi/ssv/MsgSpendTreasury")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "stafi/ssv/MsgUpdateParams")
	cdc.RegisterConcrete(Params{}, "stafi/ssv/Params", nil)
}

// RegisterInterfaces registers the module's messages.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgRegisterCandidate{}, &MsgUpdateCandidate{}, &MsgResign{}, &MsgHeartbeat{},
		&MsgDeal{}, &MsgOpen{}, &MsgDecrypt{}, &MsgSetEraShares{}, &MsgSpendTreasury{}, &MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
