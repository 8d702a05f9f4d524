// Package bedrock is the AWS SDK for Go v2 set up right for Amazon Bedrock Runtime,
// and a thin typed layer on it.
package bedrock
