package app_test

import (
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	stakingcontracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// refundGas is how much gas a refund of a ufis pays for.
const refundGas = 1_000

// reckonedRefunds is what an operator's submitter got back in an era.
type reckonedRefunds struct {
	ufis, transactions, heartbeats int64
}

// refundsOf an operator in an era, by its transactions: gas used at the price, never more than the fee, for duties that were done while it had
// a seat or, but for heartbeats, owed them as a signer of a vault or a dealer; of heartbeats one for each interval that had begun (protocol §12).
func (b *eraBooks) refundsOf(era uint64, operator string) reckonedRefunds {
	r := reckonedRefunds{}
	for _, sent := range b.sent {
		if sent.operator != operator || b.eras[sent.height-1] != era || sent.failed || !b.isDuty(sent) {
			continue
		}
		if _, beats := sent.msg.(*ssvtypes.MsgHeartbeat); beats {
			if !b.seats[sent.height-1][operator] || r.heartbeats > b.intervalOf(era, sent.height) {
				continue
			}
			r.heartbeats++
		}
		r.ufis += min(sent.gas/refundGas, fee)
		r.transactions++
	}
	return r
}

// isDuty says whether a transaction that succeeded did a duty: a signature has to be the valid one.
func (b *eraBooks) isDuty(sent sentDuty) bool {
	switch sent.msg.(type) {
	case *multisigtypes.MsgSubmitSignatures:
		return sent.valid
	case *ssvtypes.MsgHeartbeat, *ssvtypes.MsgDeal, *ssvtypes.MsgOpen, *ssvtypes.MsgDecrypt,
		*stakingcontracttypes.MsgObserve, *stakingcontracttypes.MsgAttest:
		return true
	}
	return false
}
