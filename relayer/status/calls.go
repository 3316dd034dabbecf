package status

// Receipts is the duty of handing in RPC receipts.
const Receipts = "receipts"

// Calls is what the service to stakers was asked: without a receipt, with one that was counted, and refused by a rate, since the start; and
// the receipts of the current era.
type Calls struct {
	Plain     uint64          `json:"plain"`
	Counted   uint64          `json:"counted"`
	Refused   uint64          `json:"refused"`
	Era       uint64          `json:"era"`
	Contracts []ContractCalls `json:"contracts"`
}

// ContractCalls are the calls of one contract's clients in the era: what they signed for and what of it the chain has taken.
type ContractCalls struct {
	Contract uint64 `json:"contract"`
	Clients  int    `json:"clients"`
	Signed   uint64 `json:"signed"`
	HandedIn uint64 `json:"handed_in"`
}

func (r Report) writeCalls(w *writer) {
	if r.Calls == nil {
		return
	}
	w.printf("\ncalls of stakers: %d with a receipt, %d without, %d refused\n", r.Calls.Counted, r.Calls.Plain, r.Calls.Refused)
	for _, of := range r.Calls.Contracts {
		w.printf("  contract %d, era %d: %d clients signed for %d calls, %d handed in\n", of.Contract, r.Calls.Era, of.Clients, of.Signed, of.HandedIn)
	}
}
