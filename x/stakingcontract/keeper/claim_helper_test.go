package keeper_test

import (
	"github.com/stafiprotocol/stafid/x/stakingcontract/claim"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// claim claims a deposit with the key of a staker for a recipient.
func (f *fixture) claim(d types.Deposit, name, recipient string) (types.DepositStatus, error) {
	text := claim.Deposit{ChainID: chainID, Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient}.Text()
	document, err := claim.SignBytes(text, d.Sender)
	if err != nil {
		return 0, err
	}
	signature, err := stakerKey(name).Sign(document)
	if err != nil {
		return 0, err
	}
	response, err := f.msg.ClaimDeposit(f.ctx, &types.MsgClaimDeposit{
		Claimer: userText("anyone"), Contract: d.Contract, TxHash: d.TxHash, Index: d.Index, Recipient: recipient,
		PublicKey: stakerKey(name).PubKey().Bytes(), Signature: signature,
	})
	if err != nil {
		return 0, err
	}
	return response.Status, nil
}
