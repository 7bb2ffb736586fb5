using Sora.Identity.OAuth;

namespace Sora.Identity.Tests;

public sealed class OAuthOptionsTests
{
    [Theory]
    [InlineData("issuer must be set")]
    [InlineData("audiences must be set")]
    [InlineData("issuer must begin with https://")]
    [InlineData("algorithms has \"HS256\"")]
    [InlineData("algorithms has \"none\"")]
    [InlineData("keys_url and keys_file")]
    [InlineData("introspection_url needs")]
    [InlineData("keys_url must have neither")]
    [InlineData("default_domain")]
    [InlineData("scopes has")]
    public void What_cannot_be_meant_is_told(string expected)
    {
        var options = new OAuthOptions { Issuer = "https://issuer.example", Audiences = ["sora"] };
        options.Validate().ShouldBeEmpty();
        switch (expected)
        {
            case "issuer must be set":
                options.Issuer = "";
                break;
            case "audiences must be set":
                options.Audiences = [];
                break;
            case "issuer must begin with https://":
                options.Issuer = "http://issuer.example";
                break;
            case "algorithms has \"HS256\"":
                options.Algorithms = ["RS256", "HS256"];
                break;
            case "algorithms has \"none\"":
                options.Algorithms = ["none"];
                break;
            case "keys_url and keys_file":
                (options.KeysUrl, options.KeysFile) = ("https://issuer.example/keys", "/keys");
                break;
            case "introspection_url needs":
                options.IntrospectionUrl = "https://issuer.example/introspect";
                break;
            case "keys_url must have neither":
                options.KeysUrl = "https://user:secret@issuer.example/keys";
                break;
            case "default_domain":
                options.DefaultDomain = "not a domain";
                break;
            default:
                options.Scopes = ["two words"];
                break;
        }

        options.Validate().ShouldHaveSingleItem().ShouldStartWith(expected);
    }
}
