// Screenshots, for people to look at.
using Microsoft.Playwright;

namespace Llm360.Notebooks.EndToEnd.Jupyter;

internal static class Pictures
{
    /// <summary>Keeps a picture of the window in artifacts/screenshots.</summary>
    public static Task SaveAsync(IPage page, string name) =>
        page.ScreenshotAsync(new() { Path = Path.Combine(Workspace.Repository!, "artifacts", "screenshots", name) });
}
