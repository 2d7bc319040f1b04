package ec2

import "fmt"

// Share plays a VPC that another account shares by RAM: a public subnet in each of two zones. Its owner may
// keep its route tables out of sight.
func (s *Service) Share(owner string, hidesRoutes bool) (vpcID string, subnetIDs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.addVPC("10.64.0.0/16", nil)
	igw := s.addInternetGateway(nil)
	igw.attach(v.VpcID)
	main := s.mainTable(v.VpcID)
	main.Routes.Item = append(main.Routes.Item, &route{
		Destination: "0.0.0.0/0", GatewayID: igw.InternetGatewayID, Origin: "CreateRoute", State: "active",
	})
	v.OwnerID, main.OwnerID, igw.OwnerID, v.hidesRoutes = owner, owner, owner, hidesRoutes
	for i, zone := range s.zones()[:2] {
		subnetIDs = append(subnetIDs, s.addSubnet(v, fmt.Sprintf("10.64.%d.0/24", i), zone, nil).SubnetID)
	}
	return v.VpcID, subnetIDs
}
