// The installed Chromium, driven by Playwright. Tests are skipped if no browser is installed.
using System.Reflection;
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd;

/// <summary>One browser for all tests of a class.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    // These tests need no network, so the browser's background requests are disabled.
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? playwright;
    private IBrowser? browser;

    public async ValueTask InitializeAsync()
    {
        if (Executable is not { } executable)
            return;
        Environment.SetEnvironmentVariable("PLAYWRIGHT_DRIVER_SEARCH_PATH", PackageFolder);
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = executable, Headless = true, Args = Arguments });
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.CloseAsync();
        playwright?.Dispose();
    }

    /// <summary>Opens a separate window. Skips the test if no browser is installed.</summary>
    internal async Task<Window> OpenAsync(int width = 1280, int height = 900, bool dark = false)
    {
        Assert.SkipWhen(browser is null, $"needs a browser: none of {string.Join(", ", Names)} is on PATH");
        var context = await browser!.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            AcceptDownloads = true,
        });
        return new Window(context, await context.NewPageAsync());
    }

    private static string? Executable => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)))
        .FirstOrDefault(File.Exists);

    private static string PackageFolder =>
        typeof(Browser).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "PlaywrightPackage").Value!;
}

/// <summary>A page with its requests and error messages.</summary>
internal sealed class Window : IAsyncDisposable
{
    private readonly IBrowserContext context;

    public Window(IBrowserContext context, IPage page)
    {
        this.context = context;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Complaints.Add(message.Text);
        };
        page.PageError += (_, error) => Complaints.Add(error);
        page.Request += (_, request) => Requests.Add(request.Url);
    }

    public IPage Page { get; }

    public List<string> Complaints { get; } = [];

    public List<string> Requests { get; } = [];

    /// <summary>Opens a file of the site and waits until its figures are drawn.</summary>
    public async Task<IPage> ShowAsync(string path)
    {
        await Page.GotoAsync(new Uri(path).AbsoluteUri);
        await Page.WaitForSelectorAsync("html[data-drawn]", new() { State = WaitForSelectorState.Attached });
        return Page;
    }

    public ValueTask DisposeAsync() => new(context.CloseAsync());
}
