package jobtemplate

// secretValues are the texts that came out of blocks: all of them may be secret.
type secretValues struct {
	texts map[string]bool
}

// shortest is the length below which a text is too common to be searched for.
const shortest = 4

// publicFields of blocks (those of AwsCredentials) are no secrets, and masking a
// region wherever it occurs would make a preview hard to read.
var publicFields = map[string]bool{
	"region_name": true, "profile_name": true, "assume_role_arn": true, "aws_client_parameters": true,
}

func (s *secretValues) addAll(value any) {
	switch value := value.(type) {
	case string:
		if len(value) >= shortest {
			s.texts[value] = true
		}
	case []any:
		for _, item := range value {
			s.addAll(item)
		}
	case map[string]any:
		for key, item := range value {
			if !publicFields[key] {
				s.addAll(item)
			}
		}
	}
}
