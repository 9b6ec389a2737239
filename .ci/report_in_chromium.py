"""Reads a run's report as a person does: in Chromium, on a desktop and on a phone, in light and dark.

The page is made by `cargo xtask report` from the sample run of xtask's own tests, and from variants of
it. What a person does with it is done: failures are filtered, a test is searched, a requirement is
followed to its test. Nothing may be said on the console, nothing asked of a network, nothing be wider
than the window, and no text too pale to be read.
"""

import base64
import contextlib
import json
import pathlib
import shutil
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from processes import WORKSPACE, check, environment, run

SAMPLE = WORKSPACE / "xtask/src/report/sample.json"

# Where the pictures are kept, to be looked at.
PICTURES = WORKSPACE / "target/ci/report"

WIDTHS = {"desktop": 1280, "tablet": 760, "phone": 390}

# What text has to stand out by, and what large text has to (WCAG 2.2, 1.4.3).
CONTRAST, LARGE_CONTRAST = 4.5, 3.0


def main():
    run("cargo", "build", "--quiet", "--package", "xtask", env=environment())
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser(folder) as driver:
        for name, document in variants().items():
            address = page(pathlib.Path(folder) / name, document).as_uri()
            for device, width in WIDTHS.items():
                for scheme in ("light", "dark"):
                    look(driver, address, width, scheme, PICTURES / f"{name}-{device}-{scheme}.png")
        read(driver, page(pathlib.Path(folder) / "read", variants()["failed"]).as_uri())
        without_script(driver, page(pathlib.Path(folder) / "plain", variants()["failed"]).as_uri())


def variants():
    """The sample run, in which everything happened; the same run green; the same run skipped."""
    failed = json.loads(SAMPLE.read_text())
    names = sorted(
        test["name"] for kind in ("tests", "skipped") for test in failed[kind]
    ) + failed["unfinished"]
    count = len(names)
    binary = "tests::suites"
    none = dict.fromkeys(failed["counts"], 0)
    nothing = {"unfinished": [], "left_out": [], "lock": None, "exit_code": 0, "outcome": "passed"}
    passed = {"binary": binary, "status": "passed", "flaky": False, "seconds": 0.1, "message": None}
    green = failed | nothing | {
        "tests": [passed | {"name": name} for name in names],
        "skipped": [],
        "sweep": {"leaks": [], "failures": [], "notices": []},
        "counts": none | {"run": count, "passed": count},
    }
    reason = {"code": "aws-not-configured", "text": "AWS is not configured", "cure": "set `it` up"}
    skipped = failed | nothing | {
        "tests": [],
        "skipped": [{"binary": binary, "name": name, "reason": reason} for name in names],
        "sweep": None,
        "cost": None,
        "permissions": [],
        "measurements": [],
        "counts": none | {"skipped": count},
    }
    return {"failed": failed, "green": green, "skipped": skipped}


def page(workspace, document):
    """The page that `cargo xtask report` makes of a run, in a workspace of its own."""
    kept = workspace / "target/xtask/runs" / document["run"]
    for folder in (kept, workspace / "xtask", workspace / "tests"):
        folder.mkdir(parents=True)
    (kept / "summary.json").write_text(json.dumps(document))
    shutil.copy(WORKSPACE / "tests/requirements.toml", workspace / "tests")
    env = environment(CARGO_MANIFEST_DIR=str(workspace / "xtask"))
    printed = run(str(WORKSPACE / "target/debug/xtask"), "report", env=env)
    return pathlib.Path(printed.strip())


@contextlib.contextmanager
def browser(folder):
    """Chromium without a window, which writes down what it asks of the network."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--hide-scrollbars",
        f"--user-data-dir={folder}/profile",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(program("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(60)
        yield driver
    finally:
        driver.quit()


def program(name):
    found = shutil.which(name)
    if found is None:
        sys.exit(f"there is no `{name}`: apt-get install -y chromium chromium-driver")
    return found


def open_page(driver, address, width=WIDTHS["desktop"], scheme="light"):
    """Opens a page as a device shows it."""
    device = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", device)
    # What glides to its place cannot be clicked on its way.
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    media = {"features": [{"name": name, "value": value} for name, value in features.items()]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    # The same address with another place in it would not be loaded again.
    driver.get("about:blank")
    driver.get(address)


def look(driver, address, width, scheme, picture):
    """What has to hold of each page wherever it is shown, and a picture of it."""
    open_page(driver, address, width, scheme)
    quiet(driver)
    shown = f"{picture.stem}: "
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    check(wide <= width, f"{shown}it is {wide} pixels wide, the window {width}")
    pale = driver.execute_script(PALE, CONTRAST, LARGE_CONTRAST)
    check(pale == [], f"{shown}each text stands out: {pale[:5]}")
    headings = driver.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3')].map((h) => Number(h.tagName[1]))"
    )
    steps = zip(headings, headings[1:])
    check(headings[0] == 1 and headings.count(1) == 1, f"{shown}it has one title")
    check(all(below <= above + 1 for above, below in steps), f"{shown}no heading is left out")
    height = driver.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, 16000), "scale": 1}
    # In one long picture, what sticks to the window would stand in its middle.
    driver.execute_script("document.querySelector('nav.contents').style.position = 'static'")
    data = driver.execute_cdp_cmd(
        "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
    )
    picture.write_bytes(base64.b64decode(data["data"]))


# Each text whose colour is too near to what is behind it, with the ratio.
PALE = """
const [least, leastOfLarge] = arguments;
const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
  .getContext('2d', { willReadFrequently: true });
function components(colour, below) {
  context.fillStyle = `rgb(${below.join(' ')})`; context.fillRect(0, 0, 1, 1);
  context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}
const luminance = (rgb) => rgb.map((c) => c / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
function behind(element) {
  const chain = [];
  for (let at = element; at; at = at.parentElement) chain.unshift(at);
  return chain.reduce((rgb, at) => components(getComputedStyle(at).backgroundColor, rgb), [255, 255, 255]);
}
const pale = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || element.closest('script, :disabled, :disabled + *')) continue;
  if (!element.checkVisibility() || element.closest('.unseen, legend, .skip-link')) continue;
  const style = getComputedStyle(element);
  const colour = element.closest('svg') ? style.fill : style.color;
  const back = behind(element);
  const [a, b] = [luminance(components(colour, back)), luminance(back)];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? leastOfLarge : least)) {
    pale.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
}
return pale;
"""


def read(driver, address):
    """Finds the failures, a test, and the tests behind a requirement."""
    open_page(driver, address)
    document = json.loads(SAMPLE.read_text())
    failed = {test["name"] for test in document["tests"] if test["status"] == "failed"}
    check(driver.title == f"Failed \N{MIDDLE DOT} run {document['run']}", "the title says it")
    every = len(document["tests"] + document["skipped"] + document["unfinished"])
    rows = driver.find_elements(By.CSS_SELECTOR, ".tests tbody tr")
    check(len(rows) == every, "each test has a row")

    driver.find_element(By.CSS_SELECTOR, ".counts a[data-show=failed]").click()
    check(shown_tests(driver) == failed, "the failures are shown, and nothing else")
    said = driver.find_element(By.CSS_SELECTOR, ".filter output").text
    check(said == f"{len(failed)} of {every} tests", "it is said how many that are")

    choose(driver, "skipped")
    skipped = {test["name"] for test in document["skipped"]}
    check(shown_tests(driver) == skipped, "the skipped ones are shown")
    choose(driver, "all")
    search = driver.find_element(By.NAME, "text")
    search.send_keys("Odd_Keys::")
    found = {test["name"] for test in document["tests"] if "::odd_keys::" in test["name"]}
    check(shown_tests(driver) == found, "a test is found by its module")
    search.send_keys(Keys.CONTROL, "a")
    search.send_keys(Keys.DELETE)
    passed = driver.find_element(By.CSS_SELECTOR, "details[data-module$='::cdn_urls']")
    check(passed.get_attribute("open") is None, "what passed is closed again")

    # From a requirement to its test, which is filtered away and in a module that is closed.
    choose(driver, "failed")
    proof = driver.find_element(By.ID, "requirement-1.3")
    check("shown" in proof.text, "the requirement is shown")
    proof.find_element(By.TAG_NAME, "summary").click()
    link = proof.find_element(By.CSS_SELECTOR, "li a")
    name = link.text
    link.click()
    wait(driver, lambda: focused(driver).get_attribute("data-ending") == "passed", "it leads there")
    test = focused(driver)
    check(test.is_displayed() and name in test.text, "the test is seen")
    check(in_window(driver, test), "the test is in the window")
    # And back to it.
    test.find_element(By.CSS_SELECTOR, "a[href='#requirement-1.3']").click()
    wait(driver, lambda: in_window(driver, proof), "the way back leads to the requirement")

    # The keyboard alone, too.
    driver.find_element(By.CSS_SELECTOR, ".filter input[value=all]").send_keys(Keys.ARROW_RIGHT)
    check(shown_tests(driver) == failed, "the arrow keys choose")
    quiet(driver)


def without_script(driver, address):
    """All of it is there without a script, and nothing that does nothing."""
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    open_page(driver, address)
    check(not driver.find_element(By.CSS_SELECTOR, ".filter").is_displayed(), "there is no filter")
    row = driver.find_element(By.CSS_SELECTOR, "tr[data-ending=failed]")
    check(row.is_displayed(), "a failure is seen")
    module = driver.find_element(By.CSS_SELECTOR, "details[data-module$='::cdn_urls']")
    module.find_element(By.TAG_NAME, "summary").click()
    check(module.find_element(By.TAG_NAME, "tr").get_attribute("id") is not None, "it opens")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def choose(driver, ending):
    driver.find_element(By.XPATH, f"//form//input[@value='{ending}']/..").click()


def shown_tests(driver):
    """The names of the tests that can be seen."""
    return set(driver.execute_script(
        "return [...document.querySelectorAll('.tests tbody tr')]"
        ".filter((row) => row.checkVisibility() && row.closest('details').open)"
        ".map((row) => row.id.replace('test-', ''))"
    ))


def focused(driver):
    return driver.switch_to.active_element


def in_window(driver, element):
    return driver.execute_script(
        "const box = arguments[0].getBoundingClientRect();"
        "return box.bottom > 0 && box.top < innerHeight", element
    )


def wait(driver, holds, what):
    """What is scrolled to is there a moment later."""
    try:
        WebDriverWait(driver, 10).until(lambda _: holds())
    except Exception as error:
        sys.exit(f"does not hold: {what}: {error!r}")


def quiet(driver):
    """Nothing was said on the console, and nothing asked but for the page itself."""
    said = [entry["message"] for entry in driver.get_log("browser")]
    check(said == [], f"the console is empty: {said}")
    for entry in driver.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            address = event["params"]["request"]["url"]
            own = address.startswith(("file:", "data:", "about:", "chrome:"))
            check(own, f"`{address}` was asked for")


if __name__ == "__main__":
    main()
