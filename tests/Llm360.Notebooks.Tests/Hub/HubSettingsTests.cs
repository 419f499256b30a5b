// The environment variables of Python's huggingface_hub.

namespace Llm360.Notebooks.Tests;

public sealed class HubSettingsTests : IDisposable
{
    // A separate dictionary instead of the process environment, because tests run in parallel.
    private readonly Dictionary<string, string> environment = [];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Without_variables_it_is_the_Hub_and_the_users_cache()
    {
        var settings = Read();
        Assert.Equal("https://huggingface.co/", settings.Endpoint.ToString());
        Assert.Equal(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "huggingface", "hub"),
            settings.CacheFolder);
        Assert.False(settings.Offline);
    }

    [Fact]
    public void The_nearer_variable_wins()
    {
        environment["XDG_CACHE_HOME"] = folder["xdg"];
        Assert.Equal(folder["xdg", "huggingface", "hub"], Read().CacheFolder);
        environment["HF_HOME"] = folder["home"];
        Assert.Equal(folder["home", "hub"], Read().CacheFolder);
        environment["HF_HUB_CACHE"] = folder["cache"];
        Assert.Equal(folder["cache"], Read().CacheFolder);
    }

    [Fact]
    public void A_token_is_the_variables_else_the_files()
    {
        environment["HF_HOME"] = folder.Path;
        Assert.Null(Read().Token);
        File.WriteAllText(folder["token"], "of-the-home\n");
        Assert.Equal("of-the-home", Read().Token);
        File.WriteAllText(folder["other"], "of-the-path\n");
        environment["HF_TOKEN_PATH"] = folder["other"];
        Assert.Equal("of-the-path", Read().Token);
        environment["HF_TOKEN"] = " of-the-variable ";
        Assert.Equal("of-the-variable", Read().Token);
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("hf_\n1")]
    [InlineData("schlüssel")]
    public void What_cannot_be_a_token_is_one_error_that_does_not_show_it(string token)
    {
        environment["HF_TOKEN"] = token;
        var error = Assert.ThrowsAny<Llm360Exception>(Read);
        Assert.Equal("HF_TOKEN", error.Where);
        Assert.DoesNotContain(token, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tilde_is_the_users_home()
    {
        environment["HF_HOME"] = "~/hf";
        Assert.Equal(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "hf", "hub"), Read().CacheFolder);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("yes", true)]
    [InlineData("ON", true)]
    [InlineData("True", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Offline_is_what_Python_takes_for_it(string value, bool offline)
    {
        environment["HF_HUB_OFFLINE"] = value;
        Assert.Equal(offline, Read().Offline);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080/")]
    [InlineData("https://mirror.example/hub/", "https://mirror.example/hub/")]
    public void An_endpoint_may_have_a_path(string value, string endpoint)
    {
        environment["HF_ENDPOINT"] = value;
        Assert.Equal(endpoint, Read().Endpoint.ToString());
    }

    [Theory]
    [InlineData("huggingface")]
    [InlineData("ftp://x")]
    public void An_endpoint_that_is_no_address_is_one_error(string value)
    {
        environment["HF_ENDPOINT"] = value;
        Assert.Contains(value, Assert.ThrowsAny<Llm360Exception>(Read).What, StringComparison.Ordinal);
    }

    private HubSettings Read() => HubSettings.From(environment.GetValueOrDefault);
}
