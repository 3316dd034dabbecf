package types

import (
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/legacy"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterLegacyAminoCodec registers the module's messages and parameters under their amino names, so that hardware keys and multisig
// accounts can sign them.
func RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	legacy.RegisterAminoMsg(cdc, &MsgDeployContract{}, "stafi/stakingcontract/MsgDeploy")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateContract{}, "stafi/stakingcontract/MsgUpdate")
	legacy.RegisterAminoMsg(cdc, &MsgSetHalts{}, "stafi/stakingcontract/MsgSetHalts")
	legacy.RegisterAminoMsg(cdc, &MsgEndContract{}, "stafi/stakingcontract/MsgEnd")
	legacy.RegisterAminoMsg(cdc, &MsgCredit{}, "stafi/stakingcontract/MsgCredit")
	legacy.RegisterAminoMsg(cdc, &MsgObserve{}, "stafi/stakingcontract/MsgObserve")
	legacy.RegisterAminoMsg(cdc, &MsgAttest{}, "stafi/stakingcontract/MsgAttest")
	legacy.RegisterAminoMsg(cdc, &MsgClaimDeposit{}, "stafi/stakingcontract/MsgClaim")
	legacy.RegisterAminoMsg(cdc, &MsgRedeem{}, "stafi/stakingcontract/MsgRedeem")
	legacy.RegisterAminoMsg(cdc, &MsgCancelRedemption{}, "stafi/stakingcontract/MsgCancel")
	legacy.RegisterAminoMsg(cdc, &MsgSubmitRPCReceipts{}, "stafi/stakingcontract/MsgReceipts")
	legacy.RegisterAminoMsg(cdc, &MsgUpdateParams{}, "stafi/stakingcontract/MsgUpdateParams")
	cdc.RegisterConcrete(&Params{}, "stafi/stakingcontract/Params", nil)
}

// RegisterInterfaces registers the module's messages as sdk.Msg.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil),
		&MsgDeployContract{}, &MsgUpdateContract{}, &MsgSetHalts{}, &MsgEndContract{}, &MsgCredit{}, &MsgObserve{}, &MsgAttest{},
		&MsgClaimDeposit{}, &MsgRedeem{}, &MsgCancelRedemption{}, &MsgSubmitRPCReceipts{}, &MsgUpdateParams{},
	)
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
