package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

type msgServer struct{ k Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer returns the message service of the module.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

func (s msgServer) authorize(ctx context.Context, authority string) error {
	return sdk.ValidateAuthority(sdk.UnwrapSDKContext(ctx), s.k.authority, authority)
}

func (s msgServer) DeployContract(ctx context.Context, msg *types.MsgDeployContract) (*types.MsgDeployContractResponse, error) {
	if err := s.authorize(ctx, msg.Authority); err != nil {
		return nil, err
	}
	id, err := s.k.deploy(ctx, msg.Contract)
	if err != nil {
		return nil, err
	}
	return &types.MsgDeployContractResponse{Contract: id}, nil
}

func (s msgServer) UpdateContract(ctx context.Context, msg *types.MsgUpdateContract) (*types.MsgUpdateContractResponse, error) {
	if err := s.authorize(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := s.k.update(ctx, msg.Contract); err != nil {
		return nil, err
	}
	return &types.MsgUpdateContractResponse{}, nil
}

func (s msgServer) SetHalts(ctx context.Context, msg *types.MsgSetHalts) (*types.MsgSetHaltsResponse, error) {
	if err := s.authorize(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := s.k.setHalts(ctx, msg.Contract, msg.Halts, msg.Lifts); err != nil {
		return nil, err
	}
	return &types.MsgSetHaltsResponse{}, nil
}

func (s msgServer) EndContract(ctx context.Context, msg *types.MsgEndContract) (*types.MsgEndContractResponse, error) {
	if err := s.authorize(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := s.k.end(ctx, msg.Contract); err != nil {
		return nil, err
	}
	return &types.MsgEndContractResponse{}, nil
}

func (s msgServer) Credit(ctx context.Context, msg *types.MsgCredit) (*types.MsgCreditResponse, error) {
	if err := s.authorize(ctx, msg.Authority); err != nil {
		return nil, err
	}
	c := types.Credit{Contract: msg.Contract, TxHash: msg.TxHash, Recipient: msg.Recipient, Amount: msg.Amount}
	if err := s.k.giveCredit(ctx, c); err != nil {
		return nil, err
	}
	return &types.MsgCreditResponse{}, nil
}

func (s msgServer) Observe(ctx context.Context, msg *types.MsgObserve) (*types.MsgObserveResponse, error) {
	submitter, err := s.k.accountAddress(msg.Submitter)
	if err != nil {
		return nil, err
	}
	hash, err := s.k.propose(ctx, submitter, msg.Observation)
	if err != nil {
		return nil, err
	}
	return &types.MsgObserveResponse{Hash: hash}, nil
}

func (s msgServer) Attest(ctx context.Context, msg *types.MsgAttest) (*types.MsgAttestResponse, error) {
	submitter, err := s.k.accountAddress(msg.Submitter)
	if err != nil {
		return nil, err
	}
	accepted, err := s.k.attest(ctx, submitter, msg.Contract, msg.Hash, msg.Agree)
	if err != nil {
		return nil, err
	}
	return &types.MsgAttestResponse{Accepted: accepted}, nil
}

func (s msgServer) ClaimDeposit(ctx context.Context, msg *types.MsgClaimDeposit) (*types.MsgClaimDepositResponse, error) {
	status, err := s.k.claimDeposit(ctx, *msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgClaimDepositResponse{Status: status}, nil
}

func (s msgServer) Redeem(ctx context.Context, msg *types.MsgRedeem) (*types.MsgRedeemResponse, error) {
	redeemer, err := s.k.accountAddress(msg.Redeemer)
	if err != nil {
		return nil, err
	}
	redemption, err := s.k.redeem(ctx, redeemer, *msg)
	if err != nil {
		return nil, err
	}
	return &types.MsgRedeemResponse{Redemption: redemption.Id, Fee: redemption.Fee, Payout: redemption.Due()}, nil
}

func (s msgServer) CancelRedemption(ctx context.Context, msg *types.MsgCancelRedemption) (*types.MsgCancelRedemptionResponse, error) {
	if err := s.k.cancel(ctx, msg.Redeemer, msg.Redemption); err != nil {
		return nil, err
	}
	return &types.MsgCancelRedemptionResponse{}, nil
}

func (s msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := s.authorize(ctx, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	if err := s.k.params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, nil
}
